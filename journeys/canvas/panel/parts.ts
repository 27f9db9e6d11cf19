import type { JourneyDocument } from "../model/document";

/** Change parts of the document. place: quick changes of one place are one step of undo. */
export type SetPart = (change: Partial<JourneyDocument>, place: string) => void;
