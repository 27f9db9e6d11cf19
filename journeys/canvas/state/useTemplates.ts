/** The saved templates of a channel, asked for once a page and again when one was saved. */

import { useCallback, useEffect, useState } from "react";
import type { Template } from "../model/saved";
import * as calls from "../templateCalls";

export interface Templates {
  state: "asking" | "told" | "failed";
  all: Template[];
  /** Ask again. */
  renew: () => void;
}

const asked = new Map<string, Promise<Template[]>>();

function ask(channel: string): Promise<Template[]> {
  let answer = asked.get(channel);
  if (!answer) {
    answer = calls.list(channel);
    answer.catch(() => asked.delete(channel));
    asked.set(channel, answer);
  }
  return answer;
}

/** channel: empty where there are no messages, and nothing is asked. */
export function useTemplates(channel: string): Templates {
  const [told, setTold] = useState<Omit<Templates, "renew">>({ state: "asking", all: [] });
  const [times, setTimes] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: renewing asks once more
  useEffect(() => {
    if (!channel) return;
    let current = true;
    ask(channel).then(
      (all) => current && setTold({ state: "told", all }),
      () => current && setTold({ state: "failed", all: [] }),
    );
    return () => {
      current = false;
    };
  }, [channel, times]);
  const renew = useCallback(() => {
    asked.delete(channel);
    setTimes((before) => before + 1);
  }, [channel]);
  return { ...told, renew };
}
