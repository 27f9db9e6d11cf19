/** Calls of our own API: JSON both ways, with the session and its CSRF token, errors as sentences. */

/** What is wrong, and where: `field` is a path into what was sent (“rule.all.1.did.count”, a node's “config.delay”). */
export interface Problem {
  code: string;
  level: "error" | "warning";
  field: string;
  message: string;
  node?: number | null;
}

/** A refused or failed call. `message` is a sentence to show; `code` never changes; `status` 0 is: no answer at all. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly problems: Problem[] = [],
  ) {
    super(message);
    this.name = "ApiError";
  }
}

/** Whether a call ended because it was told to, by its AbortSignal. */
export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

interface Options {
  body?: unknown;
  signal?: AbortSignal;
}

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** Call the API. Raises ApiError, or an AbortError when `signal` says so; a 204 gives undefined. */
export async function call<T>(method: Method, url: string, { body, signal }: Options = {}): Promise<T> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (method !== "GET") headers["X-CSRFToken"] = csrfToken();
  let response: Response;
  try {
    response = await fetch(url, {
      method,
      headers,
      signal,
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "same-origin",
    });
  } catch (error) {
    if (isAbort(error)) throw error;
    throw new ApiError(0, "offline", "The server cannot be reached. Check the connection and try again.");
  }
  const text = await response.text();
  const answer = readJson(text);
  if (!response.ok) throw refusal(response.status, answer);
  return answer as T;
}

export const get = <T>(url: string, signal?: AbortSignal) => call<T>("GET", url, { signal });
export const post = <T>(url: string, body: unknown, signal?: AbortSignal) => call<T>("POST", url, { body, signal });

/** A URL with a query string of those parameters that are not empty. */
export function withQuery(url: string, parameters: Record<string, string | undefined>): string {
  const given = Object.entries(parameters).filter((pair): pair is [string, string] => Boolean(pair[1]));
  return given.length ? `${url}?${new URLSearchParams(given)}` : url;
}

/** What a refusal says, as an ApiError: ours is {code, message, problems}, Django REST framework's {detail}. */
export function refusal(status: number, answer: unknown): ApiError {
  const told = (answer ?? {}) as Record<string, unknown>;
  const sentence = told.message ?? told.detail ?? FALLBACK[status] ?? `The server answered with an error (${status}).`;
  const problems = Array.isArray(told.problems) ? (told.problems as Problem[]) : [];
  return new ApiError(status, typeof told.code === "string" ? told.code : `http_${status}`, String(sentence), problems);
}

const FALLBACK: Record<number, string> = {
  403: "You may not do this, or you were signed out. Reload the page and sign in again.",
  404: "It is not there any more.",
  413: "This is too large.",
};

function readJson(text: string): unknown {
  try {
    return text ? JSON.parse(text) : undefined;
  } catch {
    return undefined; // an error page of a proxy
  }
}

function csrfToken(): string {
  const field = document.querySelector<HTMLInputElement>("input[name=csrfmiddlewaretoken]");
  return field?.value ?? /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie)?.[1] ?? "";
}
