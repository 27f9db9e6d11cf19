/** Brings the islands of a page to life: the elements that templates/backoffice/island.html wrote. */
import "./islands.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Guard } from "./Guard";
import { ISLANDS } from "./registry";

async function mount(element: HTMLElement): Promise<void> {
  const name = element.dataset.island ?? "";
  const load = ISLANDS[name];
  if (!load) throw new Error(`There is no island “${name}”; config/islands/registry.ts lists them.`);
  const props = JSON.parse(document.getElementById(element.dataset.props ?? "")?.textContent ?? "{}");
  const { default: Island } = await load();
  createRoot(element).render(
    <StrictMode>
      <Guard>
        <Island {...props} />
      </Guard>
    </StrictMode>,
  );
}

for (const element of document.querySelectorAll<HTMLElement>("[data-island]")) void mount(element);
