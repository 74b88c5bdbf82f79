/** The page's state and what happens to it: one network at a time, what is open, what is chosen. */

import { Canvas } from "./canvas";
import type { Data } from "./data";
import { blockDetails, layerDetails, networkDetails, outputDetails, repeatDetails } from "./details";
import type { Wishes } from "./details";
import { byId, clear } from "./dom";
import { Painter } from "./draw";
import { absolute } from "./layout/absolute";
import type { Box } from "./layout/absolute";
import { place } from "./layout/place";
import type { Direction, Placed } from "./layout/model";
import type { Ranks } from "./layout/graph";
import { Marks } from "./marks";
import { Network } from "./network";
import type { Item } from "./network";
import { Opening } from "./opening";
import type { Hit } from "./search";
import { show } from "./showing";
import type { Showing, Shown } from "./showing";
import { SourceView } from "./source";
import { counted, spoken } from "./words";

/** What is chosen: something shown, and of a box one of its layers. */
export interface Choice {
    key: string;
    layer: number | null;
}

export class App {
    network!: Network;
    opening!: Opening;
    showing!: Showing;
    direction: Direction = "down";
    choice: Choice | null = null;
    readonly canvas: Canvas;
    readonly source: SourceView;
    readonly marks = new Marks(byId<SVGGElement>("parts"));
    changed: () => void = () => {};

    private networks = new Map<string, Network>();
    private readonly openings = new Map<string, Opening>();
    private painter!: Painter;
    private placed!: Placed;
    private boxes = new Map<string, Box>();
    private readonly parts = byId<SVGGElement>("parts");
    private hits: Hit[] = [];
    /** Whether the spec's text is newer than the drawing, for it is wrong now. */
    private isStale = false;

    constructor(public data: Data, private readonly ranks: Ranks) {
        const percent = byId("scale");
        this.canvas = new Canvas(byId<SVGSVGElement>("canvas"), this.parts, (scale) => {
            percent.textContent = `${Math.round(scale * 100)} %`;
        });
        this.source = new SourceView(data, (file, line) => this.chooseLine(file, line));
    }

    // -- networks -------------------------------------------------------------------------------------

    /** Show a network by its name, opened as it was left. */
    enter(name: string): void {
        const data = this.data.networks.find((each) => each.name === name)!;
        let network = this.networks.get(name);
        if (!network) this.networks.set(name, (network = new Network(data, this.data)));
        let opening = this.openings.get(name);
        if (!opening) {
            this.openings.set(name, (opening = new Opening(network)));
            opening.readable();
        }
        this.network = network;
        this.opening = opening;
        this.choice = null;
        this.painter = new Painter(network, this.direction);
        this.draw();
        this.fit();
        this.describe();
    }

    /** The spec has changed: the same view of what is there now, as far as it still is. */
    renew(data: Data): void {
        const before = this.data.networks.length ? this.network : null, choice = this.choice;
        const keys = new Map([...this.openings].map(([name, opening]) => [name, opening.keys()]));
        this.data = data;
        this.isStale = false;
        this.source.renew(data);
        if (data.networks.length === 0) return;
        this.networks = new Map();
        this.openings.clear();
        for (const each of data.networks) {
            const known = keys.get(each.name);
            if (!known) continue;
            const network = new Network(each, data), opening = new Opening(network);
            opening.restore(known);
            this.networks.set(each.name, network);
            this.openings.set(each.name, opening);
        }
        const name = before && data.networks.some((each) => each.name === before.data.name)
            ? before.data.name : data.networks[0]!.name;
        if (before?.data.name !== name) return this.enter(name);
        const anchor = choice && this.boxes.has(choice.key) ? choice.key : null;
        this.network = this.networks.get(name)!;
        this.opening = this.openings.get(name)!;
        this.painter = new Painter(this.network, this.direction);
        this.choice = null;
        this.draw(anchor);
        if (choice && this.showing.byKey.has(choice.key)) this.choose(choice);
        else this.describe();
    }

    /** The spec is wrong now: its text is the new one, the drawing the last one that was sound. */
    outdate(data: Data): void {
        this.isStale = true;
        this.source.renew(data);
    }

    // -- drawing --------------------------------------------------------------------------------------

    /** Draw what is open now; what has the key stays where it is on the screen. */
    draw(anchor: string | null = null): void {
        const before = anchor === null ? undefined : this.boxes.get(anchor);
        const focused = (document.activeElement as Element | null)?.closest?.("[data-key]")?.getAttribute("data-key");
        this.showing = show(this.network, this.opening);
        this.placed = place(this.network, this.showing, this.direction, this.ranks);
        this.boxes = absolute(this.placed, this.direction);
        this.parts.replaceChildren(this.painter.paint(this.placed));
        const after = anchor === null ? undefined : this.boxes.get(anchor);
        if (before && after) {
            const { k } = this.canvas.transform;
            this.canvas.shift((before.x - after.x) * k, (before.y - after.y) * k);
        }
        this.light();
        this.marks.stop(this.choice?.key ?? this.showing.root.children[0]?.key ?? "");
        if (focused) this.marks.element(focused)?.focus({ preventScroll: true });
        this.changed();
    }

    /** Whether there is no network at all, so nothing to do anything with. */
    get isEmpty(): boolean {
        return this.data.networks.length === 0;
    }

    fit(): void {
        if (this.isEmpty) return;
        const { width, height } = this.size;
        this.canvas.fit(width, height);
    }

    whole(): void {
        if (this.isEmpty) return;
        const { width, height } = this.size;
        this.canvas.whole(width, height);
    }

    turn(direction: Direction): void {
        this.direction = direction;
        if (this.isEmpty) return;
        this.painter = new Painter(this.network, direction);
        this.draw();
        this.fit();
        if (this.choice) this.canvas.reveal(this.boxes.get(this.choice.key)!);
    }

    private get size(): { width: number; height: number } {
        const { breadth, length } = this.placed;
        return this.direction === "right" ? { width: length, height: breadth } : { width: breadth, height: length };
    }

    // -- opening --------------------------------------------------------------------------------------

    /** Open or close a block, where it is. */
    toggle(key: string): void {
        const shown = this.showing.byKey.get(key);
        if (shown?.kind === "repeat" && shown.item) return this.unfold(key);
        if (!shown?.item || (shown.kind !== "block" && shown.kind !== "frame")) return;
        this.opening.toggle(shown.item);
        this.draw(key);
        const { kind } = this.showing.byKey.get(key) ?? shown;
        const count = this.showing.byKey.get(key)?.children.length ?? 0;
        this.say(kind === "frame" ? `${key} opened, ${counted(count, "part")}` : `${key} closed`);
    }

    /** Show every time of a repetition, or only the first. */
    unfold(key: string): void {
        const shown = this.showing.byKey.get(key);
        if (!shown?.repeat) return;
        const { repeat } = shown;
        this.opening.toggle(repeat);
        const first = repeat.parts[0]!.parts[0]!;
        const anchor = [key, repeat.key, first.key].find((each) => this.boxes.has(each)) ?? null;
        this.draw(anchor);
        if (!this.showing.byKey.has(key)) this.choose({ key: this.visible(first)!.key, layer: null });
        this.say(this.opening.repeats.has(repeat) ? `all ${repeat.times} shown` : "folded");
    }

    /** Change what is open in some way, and see all of it. */
    rearrange(change: (opening: Opening) => void): void {
        if (this.isEmpty) return;
        change(this.opening);
        const chosen = this.choice && this.network.keys.get(this.choice.key);
        const seen = chosen ? this.chosenAfter(chosen) : null;
        this.choice = seen;
        this.draw();
        this.fit();
        if (seen) this.canvas.reveal(this.boxes.get(seen.key)!);
        this.describe();
        this.say(`${counted(this.showing.byKey.size - 1, "part")} shown`);
    }

    private chosenAfter(item: Item): Choice | null {
        this.showing = show(this.network, this.opening);
        const shown = this.visible(item);
        if (!shown) return null;
        return { key: shown.key, layer: shown.key === this.choice!.key ? this.choice!.layer : null };
    }

    // -- choosing -------------------------------------------------------------------------------------

    /** Go to a path: open what is around it, choose it, bring it into view. */
    go(path: string): boolean {
        const found = this.network.find(path), output = this.output(path);
        if (found) {
            const { item, layer } = found;
            if (this.visible(item)?.item !== item) {
                this.opening.reveal(item);
                this.draw();
            }
            const shown = this.visible(item);
            if (!shown || shown === this.showing.root) return false;
            this.choose({ key: shown.key, layer: shown.kind === "layers" ? layer : null });
        } else if (output) this.choose({ key: output.key, layer: null });
        else return false;
        this.canvas.reveal(this.boxes.get(this.choice!.key)!);
        return true;
    }

    choose(choice: Choice | null): void {
        if (this.isEmpty) return;
        this.choice = choice;
        this.light();
        this.describe();
        if (choice) this.marks.stop(choice.key);
        this.changed();
    }

    /** Let the focus follow, and keep it in view. */
    focus(key: string): void {
        this.choose({ key, layer: null });
        this.marks.element(key)?.focus({ preventScroll: true });
        const box = this.boxes.get(key);
        if (box) this.canvas.reveal(box);
    }

    /** What the panel speaks of: what is under the pointer, else what is chosen, else the network. */
    describe(under: Choice | null = null): void {
        const about = under ?? this.choice, panel = byId("details");
        const shown = about && this.showing.byKey.get(about.key);
        panel.classList.toggle("passing", under !== null);
        if (!shown) {
            clear(panel, ...networkDetails(this.network, this.wishes));
            if (!this.isStale) this.source.mark(null);
            return;
        }
        const { item } = shown;
        if (!item) clear(panel, ...outputDetails(this.network, shown.output, this.wishes));
        else if (item.kind === "repeat") clear(panel, ...repeatDetails(this.network, item, this.wishes));
        else if (item.scope) clear(panel, ...blockDetails(this.network, item, this.wishes));
        else clear(panel, ...layerDetails(this.network, about.layer ?? this.network.main(item), item, this.wishes));
        const written = !item || item.kind === "repeat" ? null
            : item.scope ?? this.network.layer(about.layer ?? this.network.main(item));
        if (written && !this.isStale) this.source.mark(written.place, this.way(written.way ?? null));
    }

    /** Mark what was found, and what holds it where it is closed. */
    find(hits: Hit[]): void {
        this.hits = hits;
        this.light();
    }

    say(words: string): void {
        byId("live").textContent = words;
    }

    private readonly wishes: Wishes = {
        go: (path) => void this.go(path),
        read: (place) => {
            if (!this.isStale) this.source.mark(place);
        },
        layer: (layer) => this.choose({ key: this.choice!.key, layer }),
    };

    /** Everything that is made by a line of the spec. */
    private chooseLine(file: number, line: number): void {
        if (this.isStale || this.isEmpty) return;
        const within = (place: number): boolean => {
            const [where, from] = this.data.places[place]!;
            return where === file && from === line;
        };
        const made = this.network.homes.filter((_, index) => {
            const layer = this.network.layer(index);
            return within(layer.place) || this.way(layer.way ?? null).some(within);
        });
        const hits = [...new Set(made)].map((item): Hit => ({ path: item.key, label: "", item, layer: null }));
        this.find(hits);
        const first = hits[0] && this.visible(hits[0].item);
        if (first) this.canvas.reveal(this.boxes.get(first.key)!);
        this.say(`line ${line} makes ${counted(hits.length, "box", "boxes")}`);
    }

    private way(way: number | null): number[] {
        const places: number[] = [];
        for (let at = way; at !== null; at = this.data.ways[at]!.outer) places.push(this.data.ways[at]!.place);
        return places;
    }

    private output(path: string): Shown | null {
        return [...this.showing.byKey.values()].find((shown) => shown.key === path && shown.output >= 0) ?? null;
    }

    /** What an item is seen as: itself, or what it is closed or folded into. */
    private visible(item: Item): Shown | null {
        const own = this.showing.byKey.get(item.key);
        if (own) return own;
        if (item.isWrapper) return this.visible(item.parts[0]!);
        return this.showing.at(item.inside[0]!);
    }

    private light(): void {
        const found = this.hits.flatMap((hit) => this.visible(hit.item)?.key ?? []);
        this.marks.put(this.showing, { chosen: this.choice?.key ?? null, layer: this.choice?.layer ?? null, found });
    }

    announce(key: string): void {
        const shown = this.showing.byKey.get(key);
        if (shown) this.say(spoken(this.network, shown));
    }
}
