/** The canvas's page: a new journey begins with something to start from, one that is there is loaded and edited. */

import "./canvas.css";
import "../../segments/builder/builder.css";
import { useEffect, useState } from "react";
import * as calls from "./calls";
import { Editor } from "./Editor";
import type { JourneyDocument, Kinds } from "./model/document";
import { Start } from "./Start";
import { Around, type Surroundings } from "./state/around";

export interface Starter {
  key: string;
  name: string;
  hint: string;
  document: JourneyDocument;
}

export interface PageProps {
  journey: number | null;
  version: number | null;
  /** Who is signed in: unsaved work is kept apart for each. */
  user: string;
  /** The address of the canvas, with 0 in the place of the journey's number. */
  address: string;
  starters: Starter[];
  /** Names of providers by channel. */
  providers: Record<string, string[]>;
  journeys: Surroundings["journeys"];
  groups: string[];
  people: boolean;
  rehearse: boolean;
  tests: Record<string, string>;
  saves: string[];
}

export default function Page(props: PageProps) {
  const [kinds, setKinds] = useState<Kinds | null>(null);
  const [loaded, setLoaded] = useState<calls.VersionAnswer | null>(null);
  const [error, setError] = useState("");
  const { journey, version } = props;

  useEffect(() => {
    const fail = (reason: unknown) => setError(reason instanceof Error ? reason.message : String(reason));
    calls.palette().then((found) => setKinds(new Map(found.map((kind) => [kind.name, kind]))), fail);
    if (journey !== null && version !== null) calls.load(journey, version).then(setLoaded, fail);
  }, [journey, version]);

  const open = (id: number, number?: number) => {
    const address = props.address.replace("/0/", `/${id}/`);
    location.assign(number ? `${address}?version=${number}` : address);
  };

  if (error) return <p className="sj-notice bad">{error}</p>;
  if (journey === null) return <Start starters={props.starters} kinds={kinds} user={props.user} onOpen={open} />;
  if (!kinds || !loaded) return <p className="subtle">Loading the journey …</p>;
  const { journeys, groups, people, rehearse, tests, saves } = props;
  return (
    <Around.Provider value={{ kinds, journeys, groups, people, rehearse, tests, saves }}>
      <Editor
        key={`${loaded.journey.id} ${loaded.number}`}
        first={loaded}
        kinds={kinds}
        user={props.user}
        providers={props.providers}
        onOpen={open}
      />
    </Around.Provider>
  );
}
