/** How an IntelliNODE shares people out now, what changed, and the button that declares a winner. */

import { useState } from "react";
import * as calls from "../calls";
import { count } from "./asked";

interface Props {
  journey: number;
  version: number;
  node: number;
  shares: calls.Shares;
  /** Whether the person may declare a winner. */
  may: boolean;
  onChange: (shares: calls.Shares) => void;
}

export function SharesCard({ journey, version, node, shares, may, onChange }: Props) {
  const [asking, setAsking] = useState<number | null>(null);
  const [error, setError] = useState("");
  const declare = async (path: number) => {
    try {
      onChange(await calls.declareWinner(journey, version, node, path));
      setAsking(null);
    } catch (reason) {
      setError(reason instanceof Error ? reason.message : String(reason));
    }
  };
  return (
    <section>
      <h3 className="cv-label">
        Shares now{" "}
        {shares.mode === "automated" && shares.winner === null && (
          <span className="subtle">weighed anew every 5 minutes</span>
        )}
      </h3>
      <table className="sj-table">
        <tbody>
          {shares.paths.map((path, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a path is known by its place
            <tr key={at}>
              <td>
                {path.name || `Path ${at + 1}`}{" "}
                {shares.winner === at + 1 && <span className="sj-label live">winner</span>}
              </td>
              <td className="number">{path.percent} %</td>
              <td className="number subtle">
                {count(path.converted)} of {count(path.entered)}
              </td>
              <td className="number">
                {may && shares.mode === "automated" && shares.winner === null && (
                  <button type="button" className="cv-plain" onClick={() => setAsking(at + 1)}>
                    Declare winner
                  </button>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {asking !== null && (
        <div className="sj-notice warn" role="alertdialog" aria-label="Declare a winner">
          All later arrivals will take “{shares.paths[asking - 1]?.name || `Path ${asking}`}”. This cannot be taken
          back.
          <div className="sj-bar">
            <button type="button" className="sj-button primary" onClick={() => void declare(asking)}>
              Declare it
            </button>
            <button type="button" className="sj-button" onClick={() => setAsking(null)}>
              Not now
            </button>
          </div>
        </div>
      )}
      {error && <p className="sj-notice bad">{error}</p>}
      {shares.changes.length > 0 && (
        <details>
          <summary>The last {shares.changes.length} changes</summary>
          <ul className="cv-outlets">
            {shares.changes.map((change) => (
              <li key={change.at}>
                <span className="subtle">{new Date(change.at).toLocaleString()}</span> {change.why}
                {change.by ? `, by ${change.by}` : ""}: {change.before?.join(" / ") || "–"} → {change.after.join(" / ")}
              </li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}
