/** Marks on the drawing: what is chosen, what was found, which lines belong to it, where the focus stops. */

import type { Showing } from "./showing";

export interface Marked {
    chosen: string | null;
    layer: number | null;
    found: Iterable<string>;
}

export class Marks {
    constructor(private readonly parts: SVGGElement) {}

    element(key: string): SVGGElement | null {
        return this.parts.querySelector<SVGGElement>(`[data-key="${CSS.escape(key)}"]`);
    }

    put(showing: Showing, { chosen, layer, found }: Marked): void {
        for (const each of this.parts.querySelectorAll(".selected, .hit, .lit, .active")) {
            each.classList.remove("selected", "hit", "lit", "active");
            if (each.hasAttribute("aria-selected")) each.setAttribute("aria-selected", "false");
        }
        for (const key of found) this.element(key)?.classList.add("hit");
        const element = chosen === null ? null : this.element(chosen);
        if (!element || chosen === null) return;
        element.classList.add("selected");
        element.setAttribute("aria-selected", "true");
        if (layer !== null) element.querySelector(`[data-layer="${layer}"]`)?.classList.add("active");
        this.light(showing, chosen, "lit");
    }

    /** What the pointer is over, with its lines. */
    point(showing: Showing, key: string | null): void {
        for (const each of this.parts.querySelectorAll(".under, .near")) each.classList.remove("under", "near");
        if (key === null) return;
        this.element(key)?.classList.add("under");
        this.light(showing, key, "near");
    }

    /** The one part that the tabulator key stops at. */
    stop(key: string): void {
        for (const each of this.parts.querySelectorAll('[tabindex="0"]')) each.setAttribute("tabindex", "-1");
        const element = this.element(key) ?? this.parts.querySelector("[data-key]");
        element?.setAttribute("tabindex", "0");
    }

    /** The lines of all values that flow into something shown or out of it. */
    private light(showing: Showing, key: string, name: string): void {
        const flows = showing.flows.filter((flow) => flow.tail === key || flow.head === key);
        const values = new Set(flows.map((flow) => flow.value));
        for (const wire of this.parts.querySelectorAll(".wire")) {
            if (values.has(wire.getAttribute("data-value")!)) wire.classList.add(name);
        }
    }
}
