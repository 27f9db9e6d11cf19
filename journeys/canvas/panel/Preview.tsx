/** A message as one person would get it: rendered by the server with their values, and sent to nobody. */

import { useContext, useEffect, useState } from "react";
import { isAbort } from "../../../config/islands/api";
import * as calls from "../calls";
import type { Config, Json } from "../model/document";
import { counting, type Template } from "../model/saved";
import { Around } from "../state/around";

interface Props {
  channel: string;
  /** What may be sent, by name. */
  contents: [string, Json][];
  /** The event that leads people here, if there is just one. */
  event: string;
}

const PAUSE = 300; // milliseconds after the last key

export function Preview({ channel, contents, event }: Props) {
  const { people } = useContext(Around);
  const [chosen, setChosen] = useState(0);
  const [profile, setProfile] = useState("");
  const [told, setTold] = useState<calls.Previewed | null>(null);
  const content = JSON.stringify(contents[chosen]?.[1] ?? {});

  useEffect(() => {
    const stop = new AbortController();
    const wait = setTimeout(() => {
      const asked = { kind: channel, content: JSON.parse(content), profile: profile.trim(), event_name: event };
      calls.preview(asked, stop.signal).then(setTold, (error) => {
        if (!isAbort(error)) setTold({ person: null, error: error instanceof Error ? error.message : String(error) });
      });
    }, PAUSE);
    return () => {
      clearTimeout(wait);
      stop.abort();
    };
  }, [channel, content, profile, event]);

  return (
    <>
      <div className="cv-row">
        {people && (
          <label className="cv-field">
            <span className="cv-label">As this person would get it</span>
            <input
              className="rb-input"
              value={profile}
              placeholder="identity, e-mail address or phone number"
              onChange={(typed) => setProfile(typed.target.value)}
            />
          </label>
        )}
        {contents.length > 1 && (
          <label className="cv-field">
            <span className="cv-label">Variant</span>
            <select className="rb-select" value={chosen} onChange={(it) => setChosen(Number(it.target.value))}>
              {contents.map(([name], at) => (
                <option key={name} value={at}>
                  {name}
                </option>
              ))}
            </select>
          </label>
        )}
      </div>
      <div aria-live="polite">
        {told?.error && <p className="sj-notice bad">{told.error}</p>}
        {told?.message && (
          <>
            <p className="subtle">
              {told.person
                ? `With the values of ${told.person}. Nothing is sent.`
                : "For somebody of whom nothing is known: defaults show. Nothing is sent."}
            </p>
            <Message message={told.message} />
            {told.parts && <Parts parts={told.parts} short={/\/s\/x{16}/.test(String(told.message.text))} />}
          </>
        )}
        {!told && <p className="subtle">Rendering …</p>}
      </div>
    </>
  );
}

/** What a text is paid for by. short: links stand in it, as long as the short ones will be. */
function Parts({ parts, short }: { parts: NonNullable<calls.Previewed["parts"]>; short: boolean }) {
  const { encoding, characters, room, other } = parts;
  return (
    <p className="subtle">
      {`${characters} ${characters === 1 ? "character" : "characters"} of ${encoding}, `}
      <b>{parts.parts === 1 ? "1 part" : `${parts.parts} parts`}</b>
      {`; ${room} more fit into ${parts.parts === 1 ? "it" : "the last one"}.`}
      {other && ` It is UCS-2, of which fewer fit, because of “${other}”.`}
      {short && " Links are as long as the short ones will be."}
    </p>
  );
}

/** What a node may send: its variants, or the one content, of its own or a template's. */
export function contentsOf(config: Config, templates: Template[]): [string, Json][] {
  const { variants } = config;
  const options = variants && typeof variants === "object" && !Array.isArray(variants) ? variants.options : null;
  if (Array.isArray(options) && options.length)
    return options.map((option, at) => {
      const given = (option ?? {}) as { name?: string; template?: Json; content?: Json };
      return [given.name || `Variant ${at + 1}`, counting(given, templates)];
    });
  return [["Message", counting(config, templates)]];
}

function Message({ message }: { message: Record<string, unknown> }) {
  const [shown, setShown] = useState<"desktop" | "mobile">("desktop");
  const text = (name: string) => (typeof message[name] === "string" ? (message[name] as string) : "");
  if ("url" in message && "method" in message)
    return (
      <pre className="json">
        {`${message.method} ${message.url}\n`}
        {Object.entries((message.headers ?? {}) as Record<string, string>).map(([name, it]) => `${name}: ${it}\n`)}
        {`\n${typeof message.body === "string" ? message.body : JSON.stringify(message.body, null, 2)}`}
      </pre>
    );
  return (
    <div className="cv-preview">
      {"subject" in message && (
        <p>
          <span className="subtle">Subject</span> <b>{text("subject") || "(none)"}</b>
        </p>
      )}
      {text("html") && (
        <div className="cv-html">
          <div className="cv-tabs" role="tablist" aria-label="As it shows">
            {(["desktop", "mobile"] as const).map((name) => (
              <button key={name} type="button" role="tab" aria-selected={shown === name} onClick={() => setShown(name)}>
                {name === "desktop" ? "Desktop" : "Mobile"}
              </button>
            ))}
          </div>
          <iframe className={shown} sandbox="" srcDoc={text("html")} title={`Message, ${shown}`} />
        </div>
      )}
      {!text("html") && (text("title") || text("body") || text("text")) && (
        <div className={`cv-bubble ${"title" in message ? "note" : ""}`}>
          {text("title") && <b>{text("title")}</b>}
          {text("image") && <small className="subtle">Picture: {text("image")}</small>}
          <Above media={message.media} />
          <span>{text("body") || text("text")}</span>
          {text("link") && <small className="subtle">Leads to {text("link")}</small>}
        </div>
      )}
      <Taps given={message.quick_replies ?? message.suggestions} />
      {text("html") && text("text") && (
        <details>
          <summary>Plain text</summary>
          <pre className="json">{text("text")}</pre>
        </details>
      )}
      {!["html", "title", "body", "text"].some(text) && <p className="subtle">There is nothing in it yet.</p>}
    </div>
  );
}

/** What stands above the words of a message on WhatsApp or RCS. */
function Above({ media }: { media: unknown }) {
  if (!media || typeof media !== "object") return null;
  const { type, url } = media as { type: string; url: string };
  return (
    <small className="subtle">
      {type[0]?.toUpperCase() + type.slice(1)}: {url}
    </small>
  );
}

/** What can be tapped below them. */
function Taps({ given }: { given: unknown }) {
  if (!Array.isArray(given) || !given.length) return null;
  return (
    <ul className="cv-taps" aria-label="What can be tapped">
      {(given as { text: string; payload: string }[]).map((tap) => (
        <li key={`${tap.text} ${tap.payload}`}>{tap.text}</li>
      ))}
    </ul>
  );
}
