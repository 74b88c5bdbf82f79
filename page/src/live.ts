/** News from `archdsl view`: the spec was saved. */

import type { Data } from "./data";

export function follow(since: number, renew: (data: Data) => void, connected: (is: boolean) => void): void {
    const events = new EventSource(`events?since=${since}`);
    events.addEventListener("open", () => connected(true));
    events.addEventListener("error", () => connected(false));
    events.addEventListener("message", (event: MessageEvent<string>) => renew(JSON.parse(event.data) as Data));
}
