/** The keyboard within the drawing: along the flow, in and out of blocks. */

import type { App } from "./app";
import type { Shown } from "./showing";

export function drawingKeys(app: App, svg: SVGSVGElement, focusSearch: () => void): void {
    svg.addEventListener("keydown", (event) => {
        if (event.ctrlKey || event.metaKey || event.altKey) return;
        const key = (event.target as Element).closest("[data-key]")?.getAttribute("data-key") ?? null;
        const act = key === null ? undefined : actions(app, key, focusSearch)[event.key];
        if (!act) return;
        event.preventDefault();
        act();
    });
}

function actions(app: App, key: string, focusSearch: () => void): Record<string, () => void> {
    const order = [...app.showing.byKey.keys()].slice(1);
    const at = order.indexOf(key);
    const shown = app.showing.byKey.get(key)!;
    const to = (place: number): void => {
        const next = order[Math.max(0, Math.min(order.length - 1, place))];
        if (next !== undefined) app.focus(next);
    };
    const press = (): void => {
        if (isPressable(shown)) app.toggle(key);
        else app.announce(key);
    };
    return {
        ArrowDown: () => to(at + 1),
        ArrowUp: () => to(at - 1),
        ArrowRight: () => {
            if (shown.kind === "block") app.toggle(key);
            else if (shown.children[0]) app.focus(shown.children[0].key);
            else to(at + 1);
        },
        ArrowLeft: () => {
            if (shown.kind === "frame") app.toggle(key);
            else if (shown.parent?.parent) app.focus(shown.parent.key);
            else to(at - 1);
        },
        Home: () => to(0),
        End: () => to(order.length - 1),
        Enter: press,
        " ": press,
        x: () => app.unfold(key),
        "*": () => app.rearrange((opening) => opening.all()),
        "+": () => app.canvas.by(1.25),
        "-": () => app.canvas.by(0.8),
        "0": () => app.fit(),
        "/": focusSearch,
        Escape: () => app.choose(null),
    };
}

function isPressable(shown: Shown): boolean {
    return shown.kind === "block" || shown.kind === "frame" || shown.kind === "repeat";
}
