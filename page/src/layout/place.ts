/** Every box and frame gets its place: frames from the inside out, each by itself.
 *
 * What is inside a frame does not depend on what is around it, so closing a block moves nothing within
 * others. A frame is a chain, or chains that part and meet.
 */

import { faceOf, HEADER, SMALL, textWidth } from "../boxes";
import type { Network } from "../network";
import type { Shown, Showing } from "../showing";
import { names } from "../words";
import { chains, entry, exit, unstack } from "./chains";
import type { Chain, Link, Member } from "./chains";
import { curves } from "./curves";
import type { Side } from "./curves";
import type { Block, Edge, Ranks } from "./graph";
import type { Direction, Placed, PlacedWire, Point } from "./model";

const PAD = 14;
/** Of a line of text, where it stands beside the flow and where under it. */
const LINE = 14, LINE_UNDER = 19;
/** Room for the badge of what repeats, which stands over a corner. */
const BADGE = 14;

export function place(network: Network, showing: Showing, direction: Direction, ranks: Ranks): Placed {
    return new Placer(network, direction, ranks).frame(showing.root);
}

class Placer {
    private readonly across: boolean;

    constructor(private readonly network: Network, direction: Direction, private readonly ranks: Ranks) {
        this.across = direction === "right";
    }

    frame(shown: Shown): Placed {
        const children = shown.children.map((child) =>
            child.kind === "frame" || child.kind === "repeat" ? this.frame(child) : this.box(child));
        const members = new Map(children.map((child) => [child.shown, this.member(child, shown)]));
        const ins = new Map(shown.ins.map((value) => [value, border("in")]));
        const outs = new Map(shown.outs.map((value) => [value, border("out")]));
        const links = shown.wires.map((wire): Link => {
            const from = wire.from ? members.get(wire.from)! : ins.get(wire.value)!;
            const to = wire.to ? members.get(wire.to)! : outs.get(wire.value)!;
            const head = wire.to !== null && !(this.across && wire.to.children.length > 0);
            const { value, place, training, text } = wire;
            const drawn: PlacedWire = { value, points: [], head, training, text, textAt: null };
            return { from, to, value, place, drawn, training, isTrunk: false, room: text ? this.room(text) : null };
        });
        for (const link of links) link.from.leaving.push(link);
        const every = [...ins.values(), ...members.values(), ...outs.values()];
        this.arrange(chains(every, links), links);
        return this.framed(shown, children, links, ins, outs);
    }

    private box(shown: Shown): Placed {
        const face = faceOf(this.network, shown);
        // on both sides, so that the middle stays the middle
        const breadth = this.across ? face.height : face.width + (shown.times > 1 ? BADGE * 2 : 0);
        const length = this.across ? face.width : face.height;
        return { shown, face, across: 0, along: 0, breadth, length, ins: new Map(), outs: new Map(), children: [], wires: [] };
    }

    private room(text: string): Point {
        const width = Math.ceil(textWidth(text, SMALL)) + 12;
        return this.across ? [LINE_UNDER, width] : [width, LINE];
    }

    private member(placed: Placed, around: Shown): Member {
        const form = placed.face?.form, isFrame = placed.face === null;
        const arriving = around.wires.filter((wire) => wire.to === placed.shown);
        const entries = [...new Set(arriving.map(name))].sort(byPlace);
        const exits = [...new Set(around.wires.flatMap((wire) => (wire.from === placed.shown ? wire.value : [])))];
        const share = form === "bar" ? 1 / entries.length : Math.min(0.3, 32 / placed.breadth);
        return {
            breadth: placed.breadth, length: placed.length,
            isRound: form === "sign", isMerge: form === "sign" || form === "bar",
            border: null, leaving: [],
            anchorIn: (link) => {
                if (isFrame) return placed.ins.get(link.value) ?? null;
                return form === "sign" || link.isTrunk ? null : placed.breadth * beside(entries, name(link), share);
            },
            anchorOut: (link) => {
                if (isFrame) return placed.outs.get(link.value) ?? null;
                const isTrunk = link.from.leaving.some((each) => each.isTrunk && each.value === link.value);
                return form === "sign" || isTrunk ? null : placed.breadth * beside(exits, link.value, share);
            },
            put: (across, along) => {
                placed.across = across;
                placed.along = along;
            },
        };
    }

    // -- within a frame -----------------------------------------------------------------------------

    private arrange(runs: Chain[], links: Link[]): void {
        if (runs.length === 1) return unstack(runs[0]!, 0, 0);
        const inner = new Set(runs.flatMap((run) => run.links));
        const between = links.filter((link) => !inner.has(link));
        const { blocks, edges } = reduced(runs, between);
        const drawn = this.ranks.draw(blocks, edges);
        const corners = runs.map((run, at): Point => {
            const [across, along] = drawn.blocks[at]!;
            const { breadth, length } = blocks[at]!;
            return [across - breadth / 2 - run.left, along - length / 2];
        });
        runs.forEach((run, at) => unstack(run, ...corners[at]!));
        const sides = between.map((link, at): Side | null => {
            if (!link.to.isRound || edges[at]!.isTrunk) return null;
            const [across, along] = corners[edges[at]!.to]!, radius = link.to.breadth / 2;
            return { middle: [across + radius, along + radius], radius };
        });
        const lines = curves(blocks, edges, drawn, sides);
        between.forEach((link, at) => {
            link.drawn.points = lines[at]!;
            const { stub } = runs[edges[at]!.from]!;
            if (stub) extend(link.drawn, "start", lines[at]![0]![1] - stub);
        });
    }

    // -- the frame itself ---------------------------------------------------------------------------

    private framed(
        shown: Shown, children: Placed[], links: Link[], ins: Map<string, Border>, outs: Map<string, Border>,
    ): Placed {
        const wires = links.map((link) => link.drawn);
        const [low, high] = bounds(children, links);
        const isRoot = shown.parent === null;
        const before: Point = isRoot ? [0, 0] : this.across ? [HEADER + PAD - 4, PAD] : [PAD, HEADER];
        const after: Point = isRoot ? [0, 0] : [PAD, outs.size ? 4 : PAD];
        const least = isRoot ? 0 : this.headerWidth(shown);
        const missing = Math.max(0, least - (this.across ? high[1] - low[1] + before[1] + after[1]
            : high[0] - low[0] + before[0] + after[0]));
        const axis = this.across ? 1 : 0;
        before[axis] += missing / 2;
        after[axis] += missing / 2;
        const shift: Point = [before[0] - low[0], before[1] - low[1]];
        for (const child of children) {
            child.across += shift[0];
            child.along += shift[1];
        }
        const moved = ([across, along]: Point): Point => [across + shift[0], along + shift[1]];
        const length = high[1] - low[1] + before[1] + after[1];
        for (const link of links) {
            link.drawn.points = link.drawn.points.map(moved);
            link.drawn.textAt &&= moved(link.drawn.textAt);
            if (link.from.border) extend(link.drawn, "start", this.across ? 0 : HEADER);
            if (link.to.border) extend(link.drawn, "end", length);
        }
        const places = (borders: Map<string, Border>): Map<string, number> =>
            new Map([...borders].map(([value, each]) => [value, each.at + shift[0]]));
        return {
            shown, face: null, across: 0, along: 0, length,
            breadth: high[0] - low[0] + before[0] + after[0],
            ins: places(ins), outs: places(outs), children, wires,
        };
    }

    private headerWidth(shown: Shown): number {
        if (shown.item!.kind === "repeat") return 92;
        const { name, kind, number } = names(shown.item!);
        const texts = textWidth(name || kind, TITLE_SIZE, true) + textWidth(name ? kind : number, SMALL);
        return 46 + texts + (shown.times > 1 ? 40 : 0);
    }
}

/** Where one of several lines meets a side, from 0 to 1; of two, one of which goes straight, the other. */
function beside(all: string[], one: string, share: number): number {
    return 0.5 + (all.indexOf(one) - (all.length - 1) / 2) * (all.length === 2 ? Math.max(share, 0.4) : share);
}

/** What tells the lines that arrive apart: their place among the inputs, or else their value. */
function name(line: { place: number; value: string }): string {
    return `${line.place} ${line.value}`;
}

function byPlace(one: string, other: string): number {
    return parseInt(one) - parseInt(other);
}

const TITLE_SIZE = 12.5;

interface Border extends Member {
    at: number;
}

/** A point on the frame's border, through which one value goes. */
function border(which: "in" | "out"): Border {
    const point: Border = {
        at: 0, breadth: 2, length: 0, isRound: false, isMerge: false, border: which, leaving: [],
        anchorIn: () => null, anchorOut: () => null,
        put: (across) => {
            point.at = across + 1;
        },
    };
    return point;
}

/** Chains as blocks, and what runs between them as edges that meet them at the right places. */
function reduced(runs: Chain[], between: Link[]): { blocks: Block[]; edges: Edge[] } {
    const places = new Map<Member, { block: number; offset: number }>();
    const blocks = runs.map((run, block): Block => {
        run.members.forEach((member, at) => places.set(member, { block, offset: run.offsets[at]! - run.left }));
        const first = run.members[0]!, last = run.members.at(-1)!;
        return {
            breadth: Math.max(1, run.right - run.left), length: Math.max(1, run.length),
            isRound: run.members.length === 1 && first.isRound, ins: [], outs: [],
            rank: first.border === "in" ? "first" : last.border === "out" ? "last" : null,
        };
    });
    const anchor = (member: Member, side: "ins" | "outs", at: number): number => {
        const { block, offset } = places.get(member)!;
        const { breadth, isRound, [side]: anchors } = blocks[block]!;
        const x = offset + at;
        if (isRound || Math.abs(x - breadth / 2) < 0.51) return -1;
        const known = anchors.findIndex((each) => Math.abs(each - x) < 0.51);
        return known >= 0 ? known : anchors.push(x) - 1;
    };
    const edges = between.map((link): Edge => ({
        from: places.get(link.from)!.block, to: places.get(link.to)!.block,
        out: -1, in: -1, isTrunk: false,
    }));
    trunk(blocks, edges, between);
    edges.forEach((edge, at) => {
        const link = between[at]!;
        link.isTrunk = edge.isTrunk;
        edge.out = anchor(link.from, "outs", exit(link));
        edge.in = anchor(link.to, "ins", entry(link));
    });
    return { blocks, edges };
}

/** Find the way that is to be straight: through a layer, its input; through a merge of two, the longer one. */
function trunk(blocks: Block[], edges: Edge[], between: Link[]): void {
    const ins = blocks.map((_, block) => edges.filter((edge) => edge.to === block));
    const reach = new Map<number, number>();
    const far = (block: number): number => {
        let known = reach.get(block);
        if (known === undefined) {
            reach.set(block, 0);
            known = blocks[block]!.length + Math.max(0, ...ins[block]!.map((edge) => far(edge.from)));
            reach.set(block, known);
        }
        return known;
    };
    ins.forEach((arriving) => {
        const flowing = arriving.filter((edge) => !between[edges.indexOf(edge)]!.training);
        if (flowing.length > 2) return;
        const [first, second] = flowing.map((edge) => far(edge.from));
        if (first === undefined || first === second) return;
        flowing[second !== undefined && second > first ? 1 : 0]!.isTrunk = true;
    });
    // where a value parts, only one of its ways goes straight on: the one that goes on longest
    blocks.forEach((_, block) => {
        const leaving = edges.filter((edge) => edge.from === block && edge.isTrunk);
        const longest = Math.max(...leaving.map((edge) => blocks[edge.to]!.length));
        const kept = leaving.find((edge) => blocks[edge.to]!.length === longest);
        const isFan = edges.filter((edge) => edge.from === block).length > 2;
        for (const edge of leaving) edge.isTrunk = edge === kept && !isFan;
    });
}

// -- curves -------------------------------------------------------------------------------------------

/** The corners of all that is in a frame. */
function bounds(children: Placed[], links: Link[]): [Point, Point] {
    const low: Point = [Infinity, Infinity], high: Point = [-Infinity, -Infinity];
    const meet = (across: number, along: number): void => {
        low[0] = Math.min(low[0], across);
        low[1] = Math.min(low[1], along);
        high[0] = Math.max(high[0], across);
        high[1] = Math.max(high[1], along);
    };
    for (const child of children) {
        meet(child.across, child.along);
        meet(child.across + child.breadth, child.along + child.length);
    }
    for (const { drawn, room } of links) {
        drawn.points.forEach(([across, along]) => meet(across, along));
        if (drawn.textAt && room) meet(drawn.textAt[0] + room[0] / 2, drawn.textAt[1]);
    }
    return low[0] === Infinity ? [[0, 0], [60, 0]] : [low, high];
}

/** Draw a wire on to the frame's border, straight along the flow. */
function extend(wire: PlacedWire, side: "start" | "end", to: number): void {
    const isCurve = wire.points.length > 2;
    if (side === "start") {
        const first = wire.points[0]!;
        const start: Point = [first[0], to];
        wire.points = isCurve ? [start, start, first, ...wire.points] : [start, ...wire.points.slice(1)];
        return;
    }
    const last = wire.points.at(-1)!;
    const end: Point = [last[0], to];
    wire.points = isCurve ? [...wire.points, last, end, end] : [...wire.points.slice(0, -1), end];
}
