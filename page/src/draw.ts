/** What has its place, as SVG. What did not change since the last drawing is taken over as it is. */

import { HEADER, SMALL, STRIP, TITLE } from "./boxes";
import type { Face, Strip } from "./boxes";
import { svg } from "./dom";
import type { Direction, Placed, PlacedWire, Point } from "./layout/model";
import type { Network } from "./network";
import type { Shown } from "./showing";
import { brief, names, spoken } from "./words";

interface Drawn {
    readonly mark: string;
    readonly element: SVGGElement;
}

export class Painter {
    private known = new Map<string, Drawn>();
    private fresh = new Map<string, Drawn>();
    private readonly marks = new Map<string, number>();
    private readonly marked = new WeakMap<Placed, string>();

    constructor(private readonly network: Network, private readonly direction: Direction) {}

    /** Everything within the outermost frame. */
    paint(root: Placed): SVGGElement {
        this.fresh = new Map();
        const element = svg("g", { class: "all", role: "presentation" });
        this.inside(root, element, 1);
        this.known = this.fresh;
        return element;
    }

    private inside(frame: Placed, into: SVGGElement, level: number): void {
        for (const wire of frame.wires) into.append(...this.wire(wire));
        // in the order of the flow, in which a listener hears them
        for (const child of frame.children) into.append(this.part(child, level));
    }

    /** A box or a frame, at its place. */
    private part(placed: Placed, level: number): SVGGElement {
        const key = placed.shown.key, mark = this.mark(placed);
        let drawn = this.known.get(key);
        if (drawn?.mark === mark) this.keep(placed);
        else drawn = { mark, element: placed.face ? this.box(placed, level) : this.frame(placed, level) };
        this.fresh.set(key, drawn);
        const [x, y] = this.xy([placed.across, placed.along]);
        drawn.element.setAttribute("transform", `translate(${round(x)} ${round(y)})`);
        return drawn.element;
    }

    private keep(placed: Placed): void {
        for (const child of placed.children) {
            this.fresh.set(child.shown.key, this.known.get(child.shown.key)!);
            this.keep(child);
        }
    }

    // -- boxes ----------------------------------------------------------------------------------------

    private box(placed: Placed, level: number): SVGGElement {
        const { shown } = placed, face = placed.face!;
        const isBlock = shown.kind === "block";
        const element = svg("g", {
            class: `part box ${face.form} ${face.family}${shown.training ? " training" : ""}`,
            ...this.aria(shown, level), "aria-expanded": isBlock ? "false" : null,
        });
        // the room of a badge is on both sides
        const inset = (this.size(placed)[0] - face.width) / 2;
        const within = inset ? svg("g", { transform: `translate(${inset} 0)` }) : element;
        if (inset) element.append(within);
        if (shown.times > 1) {
            for (const by of [5, 2.5]) within.append(body(face, by, "sheet"));
        }
        within.append(ring(-3, -3, face.width + 6, face.height + 6), body(face, 0, "body"));
        within.append(...words(face, isBlock));
        for (const [row, y] of [[face.before, 3.5], [face.after, face.height - 18.5]] as const) {
            within.append(...strips(row, y));
        }
        if (shown.times > 1) within.append(badge(shown, face.width - 4, -1));
        return element;
    }

    // -- frames ---------------------------------------------------------------------------------------

    private frame(placed: Placed, level: number): SVGGElement {
        const { shown } = placed;
        const [width, height] = this.size(placed);
        const element = svg("g", {
            class: `part frame ${level % 2 ? "outer" : "inner"}${shown.training ? " training" : ""}${shown.kind === "repeat" ? " repeat" : ""}`,
            ...this.aria(shown, level), "aria-expanded": shown.kind === "repeat" ? null : "true",
        });
        element.append(
            ring(-3, -3, width + 6, height + 6),
            svg("rect", { class: "body", width, height, rx: 9 }),
            this.header(shown, width),
        );
        const inner = svg("g", { role: "group" });
        this.inside(placed, inner, level + 1);
        element.append(inner);
        return element;
    }

    private header(shown: Shown, width: number): SVGGElement {
        const header = svg("g", { class: "header" },
            svg("path", { class: "band", d: `M0 ${HEADER}V9a9 9 0 0 1 9-9H${width - 9}a9 9 0 0 1 9 9V${HEADER}z` }));
        if (shown.kind === "repeat") {
            header.append(badge(shown, 32, HEADER / 2));
            if (shown.times === 1) header.append(text(58, HEADER / 2 + 4, "one by one", SMALL, "faint start"));
            return header;
        }
        const { first, second } = headerWords(shown);
        const title = text(24, HEADER / 2 + 4.5, first, 12.5, "start strong");
        if (second) title.append(svg("tspan", { class: "faint", "font-size": SMALL, dx: 7 }, second));
        header.append(chevron(13, HEADER / 2, true), title);
        if (shown.times > 1) header.append(badge(shown, width - 24, HEADER / 2));
        return header;
    }

    // -- wires ----------------------------------------------------------------------------------------

    private wire(wire: PlacedWire): SVGElement[] {
        const path = svg("path", {
            class: `wire${wire.training ? " training" : ""}`, "data-value": wire.value,
            d: this.curve(wire.points), "marker-end": wire.head ? "url(#head)" : null,
        });
        if (!wire.textAt) return [path];
        const [x, y] = this.xy(wire.textAt);
        return [path, text(x, y + 4, wire.text, SMALL, "shape")];
    }

    private curve(points: Point[]): string {
        const [start, ...rest] = points.map((point) => this.xy(point).map(round).join(" "));
        return points.length === 2 ? `M${start}L${rest[0]}` : `M${start}C${rest.join(" ")}`;
    }

    // -- places ---------------------------------------------------------------------------------------

    private xy([across, along]: Point): Point {
        return this.direction === "right" ? [along, across] : [across, along];
    }

    private size(placed: Placed): Point {
        return this.xy([placed.breadth, placed.length]);
    }

    private aria(shown: Shown, level: number): Record<string, string | number> {
        return {
            "data-key": shown.key, role: "treeitem", tabindex: -1,
            "aria-level": level, "aria-selected": "false", "aria-label": spoken(this.network, shown),
        };
    }

    /** The same for what looks the same: all that is drawn of it, as a number. */
    private mark(placed: Placed): string {
        const known = this.marked.get(placed);
        if (known) return known;
        const { shown } = placed;
        const facts = [
            shown.kind, shown.times, placed.breadth, placed.length,
            ...placed.children.map((child) => [child.across, child.along, child.shown.key, this.mark(child)]),
            ...placed.wires.map((wire) => [wire.value, wire.text, wire.textAt, wire.points, wire.head]),
        ].join("|");
        let number = this.marks.get(facts);
        if (number === undefined) this.marks.set(facts, (number = this.marks.size));
        this.marked.set(placed, `${number}`);
        return `${number}`;
    }
}

/** What the head of a frame says, and smaller behind it. */
function headerWords(shown: Shown): { first: string; second: string } {
    const { name, kind, number } = names(shown.item!);
    return name ? { first: name, second: kind } : { first: kind, second: shown.times > 1 ? "" : number };
}

// -- shapes -------------------------------------------------------------------------------------------

function body(face: Face, by: number, name: string): SVGElement {
    const { width, height } = face;
    if (face.form === "sign") return svg("circle", { class: name, cx: width / 2 + by, cy: height / 2 + by, r: width / 2 });
    const round = face.form === "end" ? height / 2 : face.form === "bar" ? 4 : face.form === "thin" ? 6 : 7;
    return svg("rect", { class: name, x: by, y: by, width, height, rx: round });
}

function words(face: Face, isBlock: boolean): SVGElement[] {
    const middle = face.width / 2;
    if (face.form === "sign") {
        const [x, y] = [middle, face.height / 2];
        const turn = face.title === "×" ? ` rotate(45 ${x} ${y})` : "";
        return [svg("path", { class: "mark", transform: turn || null, d: `M${x - 5.5} ${y}h11M${x} ${y - 5.5}v11` })];
    }
    if (face.form === "bar" || face.form === "thin") return [text(middle, face.height / 2 + 3.8, face.title, SMALL)];
    const top = face.before.length ? 18 : 0;
    const y = face.subtitle ? top + 17 : top + 18.5;
    const title = text(middle + (isBlock ? 8 : 0), y, face.title, TITLE, "strong");
    if (face.aside) title.append(svg("tspan", { class: "faint", "font-size": SMALL, dx: 6 }, face.aside));
    const found: SVGElement[] = [title];
    if (isBlock) found.push(chevron(13, y - 4.5, false));
    if (face.subtitle) found.push(text(middle + (isBlock ? 8 : 0), y + 14.5, face.subtitle, SMALL, "faint"));
    return found;
}

function strips(row: readonly Strip[], y: number): SVGElement[] {
    let x = 4;
    return row.map((strip) => {
        const chip = svg("g", { class: `strip ${strip.family}`, "data-layer": strip.layer },
            svg("rect", { x: x.toFixed(1), y, width: strip.width.toFixed(1), height: 15, rx: 4 }),
            text(x + strip.width / 2, y + 11, strip.text, STRIP));
        x += strip.width + 3;
        return chip;
    });
}

function chevron(x: number, y: number, open: boolean): SVGPathElement {
    const d = open ? "M-4 -2L0 2L4 -2" : "M-2 -4L2 0L-2 4";
    return svg("path", { class: "chevron", d, transform: `translate(${x} ${y})` });
}

/** How often something stands there; to press it unfolds or folds. */
function badge(shown: Shown, x: number, y: number): SVGGElement {
    const words = `×${brief(shown.repeat!.times)}`, width = 14 + 7 * words.length;
    return svg("g", { class: "badge", transform: `translate(${x} ${y})` },
        svg("title", {}, shown.times > 1 ? `Unfold: show all ${shown.repeat!.times}` : "Fold"),
        svg("rect", { x: -width / 2, y: -9, width, height: 18, rx: 9 }),
        text(0, 4, words, 11.5, "strong"));
}

function ring(x: number, y: number, width: number, height: number): SVGRectElement {
    return svg("rect", { class: "ring", x, y, width, height, rx: 11 });
}

function text(x: number, y: number, words: string, size: number, name = ""): SVGTextElement {
    return svg("text", { x: round(x), y: round(y), "font-size": size, class: name || null }, words);
}

function round(value: number): number {
    return Math.round(value * 10) / 10;
}
