/** Runs without a branch, which need no layout: one thing below the other, on a straight line.
 *
 * What is left for Graphviz is only how branches part and meet, with each run as one block.
 */

import type { Point, PlacedWire } from "./model";

/** What is to be placed in a frame: a box, a frame, or a point on the frame's border. */
export interface Member {
    breadth: number;
    length: number;
    isRound: boolean;
    isMerge: boolean;
    /** Whether it is where a value enters the frame, or leaves it. */
    border: "in" | "out" | null;
    /** The wires that leave it. */
    leaving: Link[];
    /** Where a wire meets it, across; null where it has no place of its own and is met in its middle. */
    anchorIn(wire: Link): number | null;
    anchorOut(wire: Link): number | null;
    /** Told its place, by the corner where both axes are least. */
    put(across: number, along: number): void;
}

export interface Link {
    readonly from: Member;
    readonly to: Member;
    readonly value: string;
    /** Which input of a merge it is. */
    readonly place: number;
    readonly training: boolean;
    /** Whether it goes straight on through a merge. */
    isTrunk: boolean;
    /** Room for its text, across and along; null without. */
    readonly room: Point | null;
    readonly drawn: PlacedWire;
}

/** Members in a row, and the wires between them. */
export interface Chain {
    readonly members: Member[];
    readonly links: Link[];
    /** Where each begins across, the first wire at 0. */
    /** Wires that leave it with something written beside them. */
    readonly leaving: Link[];
    readonly offsets: number[];
    readonly starts: number[];
    readonly left: number;
    readonly right: number;
    /** With room behind the last member for what is written beside the lines that leave it. */
    readonly length: number;
    readonly stub: number;
    /** Where that is written: to the side of the last of these lines. */
    readonly beside: number;
}

const GAP = 20;

export function chains(members: Member[], links: Link[]): Chain[] {
    const ins = new Map<Member, Link[]>(), outs = new Map<Member, Link[]>();
    for (const member of members) {
        ins.set(member, []);
        outs.set(member, []);
    }
    for (const link of links) {
        outs.get(link.from)!.push(link);
        ins.get(link.to)!.push(link);
    }
    const next = (member: Member): Link | null => {
        const [link, ...others] = outs.get(member)!;
        return link && others.length === 0 && ins.get(link.to)!.length === 1 ? link : null;
    };
    const isInner = new Set(members.flatMap((member) => next(member)?.to ?? []));
    return members.filter((member) => !isInner.has(member)).map((first) => {
        const run = [first], between: Link[] = [];
        for (let link = next(first); link; link = next(link.to)) {
            between.push(link);
            run.push(link.to);
        }
        const last = run.at(-1)!;
        return stacked(run, between, outs.get(last)!.filter((link) => link.room !== null));
    });
}

/** Where a wire meets a member, across, from the member's left. */
export function entry(link: Link): number {
    return link.to.anchorIn(link) ?? link.to.breadth / 2;
}

export function exit(link: Link): number {
    return link.from.anchorOut(link) ?? link.from.breadth / 2;
}

/** Give the members of a chain their places, the first wire of it at `across`. */
export function unstack(chain: Chain, across: number, along: number): void {
    chain.members.forEach((member, at) => {
        member.put(across + chain.offsets[at]!, along + chain.starts[at]!);
    });
    chain.links.forEach((link, at) => {
        const x = across + chain.offsets[at]! + exit(link);
        const from = along + chain.starts[at]! + link.from.length;
        const to = along + chain.starts[at + 1]!;
        link.drawn.points = [[x, from], [x, to]];
        if (link.room) link.drawn.textAt = [x + link.room[0] / 2, (from + to) / 2 - (link.drawn.head ? 3 : 0)];
    });
    const at: Point = [across + chain.beside, along + chain.length - chain.stub + 2];
    for (const { room, drawn } of chain.leaving) {
        drawn.textAt = [at[0] + room![0] / 2, at[1] + room![1] / 2];
        at[lineAxis(room!)] += room![lineAxis(room!)];
    }
}

/** Lines of text are put below each other, whichever way the flow runs. */
function lineAxis([across, along]: Point): 0 | 1 {
    return along > across ? 0 : 1;
}

function stacked(members: Member[], links: Link[], leaving: Link[]): Chain {
    const offsets = [0], starts = [0];
    let left = 0, right = members[0]!.breadth, length = members[0]!.length;
    links.forEach((link, at) => {
        const x = offsets[at]! + exit(link);
        const offset = x - entry(link);
        const isBorder = link.from.border !== null || link.to.border !== null;
        const gap = link.room ? link.room[1] + (link.to.border ? 10 : 18) : isBorder ? GAP - 6 : GAP;
        offsets.push(offset);
        starts.push(length + gap);
        left = Math.min(left, offset);
        right = Math.max(right, offset + link.to.breadth, link.room ? x + link.room[0] : 0);
        length += gap + link.to.length;
    });
    const beside = offsets.at(-1)! + Math.max(0, ...leaving.map(exit));
    const room: Point = [0, 0];
    for (const { room: own } of leaving) {
        const axis = lineAxis(own!), other = axis === 0 ? 1 : 0;
        room[axis] += own![axis];
        room[other] = Math.max(room[other], own![other]);
    }
    if (leaving.length) right = Math.max(right, beside + room[0]);
    const stub = room[1];
    return { members, links, leaving, offsets, starts, left, right, length: length + stub, stub, beside };
}
