/** Lines that run straight along the flow through each rank, and change sides only between ranks.
 *
 * Graphviz says beside what a line passes in each rank. Its own curves swing; these do not, and they meet
 * a sum from its side, as residual connections are drawn.
 */

import type { Block, Drawn, Edge } from "./graph";
import type { Point } from "./model";

/** The blocks that stand beside each other. */
interface Rank {
    readonly middle: number;
    readonly blocks: number[];
    from: number;
    to: number;
}

/** A straight piece of a line: where it is across the flow, and from where to where along it. */
type Stop = [across: number, from: number, to: number];

const RADIUS = 12;
/** How near a line may come to what is not its own. */
const NEAR = 8;

/** A sum that a line may meet from its side: its middle and its radius. */
export interface Side {
    readonly middle: Point;
    readonly radius: number;
}

export function curves(blocks: Block[], edges: Edge[], drawn: Drawn, sides: (Side | null)[]): Point[][] {
    const ranks = ranksOf(blocks, drawn);
    const rankOf = blocks.map((_, block) => ranks.findIndex((rank) => rank.blocks.includes(block)));
    // first where every line passes every rank, for lines keep away from each other
    const passes = edges.map((edge, index) => ranks.slice(rankOf[edge.from]! + 1, rankOf[edge.to]!)
        .map((rank) => crossing(drawn.edges[index]!, rank.middle)));
    const taken = (edge: Edge, rank: number, across: number): boolean =>
        ranks[rank]!.blocks.some((block) => Math.abs(drawn.blocks[block]![0] - across) < blocks[block]!.breadth / 2 + NEAR)
        || edges.some((other, index) => (other.from !== edge.from || other.out !== edge.out)
            && Math.abs((passes[index]![rank - rankOf[other.from]! - 1] ?? Infinity) - across) < NEAR);
    return edges.map((edge, index) => {
        const points = drawn.edges[index]!, own = rankOf[edge.from]!;
        // what flows back up is left as it is
        if (rankOf[edge.to]! <= own) return points;
        const start = points[0]!, end = points.at(-1)!;
        const pass = passes[index]!;
        // no jog that nothing asks for
        for (let at = 0, before = start[0]; at < pass.length; before = pass[at++]!) {
            const better = [before, end[0]].find((across) => !taken(edge, own + 1 + at, across));
            if (better !== undefined) pass[at] = better;
        }
        for (let at = pass.length - 2; at >= 0; at--) {
            if (!taken(edge, own + 1 + at, pass[at + 1]!)) pass[at] = pass[at + 1]!;
        }
        const stops: Stop[] = [
            [start[0], start[1], Math.max(start[1], ranks[own]!.to)],
            ...pass.map((across, at): Stop => [across, ranks[own + 1 + at]!.from, ranks[own + 1 + at]!.to]),
        ];
        const side = sides[index], last = ranks[rankOf[edge.to]!]!;
        const free = side && !isBlocked(side, stops.at(-1)![0], edge.to, blocks, drawn);
        if (side && free) return around(stops, side);
        return joined([...stops, [end[0], Math.min(end[1], last.from), end[1]]]);
    });
}

function ranksOf(blocks: Block[], drawn: Drawn): Rank[] {
    const ranks: Rank[] = [];
    blocks.forEach(({ length }, block) => {
        const middle = drawn.blocks[block]![1];
        let rank = ranks.find((each) => Math.abs(each.middle - middle) < 1);
        if (!rank) ranks.push((rank = { middle, blocks: [], from: Infinity, to: -Infinity }));
        rank.blocks.push(block);
        rank.from = Math.min(rank.from, middle - length / 2);
        rank.to = Math.max(rank.to, middle + length / 2);
    });
    return ranks.sort((one, other) => one.middle - other.middle);
}

/** Where a curve is at some point of the flow. */
function crossing(points: Point[], along: number): number {
    for (let at = 0; at + 3 < points.length; at += 3) {
        const piece = points.slice(at, at + 4) as [Point, Point, Point, Point];
        if (along > piece[3][1]) continue;
        let low = 0, high = 1;
        for (let step = 0; step < 20; step++) {
            const middle = (low + high) / 2;
            if (bezier(piece, middle, 1) < along) low = middle;
            else high = middle;
        }
        return bezier(piece, low, 0);
    }
    return points.at(-1)![0];
}

function bezier(piece: [Point, Point, Point, Point], t: number, axis: 0 | 1): number {
    const s = 1 - t;
    return s * s * s * piece[0][axis] + 3 * s * s * t * piece[1][axis]
        + 3 * s * t * t * piece[2][axis] + t * t * t * piece[3][axis];
}

/** Whether something stands between a line and the side of a sum that it is to meet. */
function isBlocked(side: Side, across: number, own: number, blocks: Block[], drawn: Drawn): boolean {
    const [middle, along] = side.middle;
    if (Math.abs(across - middle) < side.radius + RADIUS + 4) return true;
    const low = Math.min(across, middle), high = Math.max(across, middle);
    return blocks.some((block, index) => {
        const [x, y] = drawn.blocks[index]!;
        return index !== own && Math.abs(y - along) < block.length / 2 + 4
            && x + block.breadth / 2 > low - 4 && x - block.breadth / 2 < high + 4;
    });
}

/** Along each stop, and with a double bend from one to the next. */
function joined(stops: Stop[]): Point[] {
    const points: Point[] = [[stops[0]![0], stops[0]![1]]];
    stops.forEach(([across, from, to], at) => {
        const before = points.at(-1)!;
        if (at) {
            const straight = Math.abs(before[0] - across) < 1;
            const bend = (from - before[1]) * 0.55;
            if (straight) line(points, [before[0], from]);
            else points.push([before[0], before[1] + bend], [across, from - bend], [across, from]);
        }
        if (to - points.at(-1)![1] > 0.5) line(points, [points.at(-1)![0], to]);
    });
    const isStraight = points.every(([across]) => Math.abs(across - points[0]![0]) < 0.5);
    return isStraight ? [points[0]!, points.at(-1)!] : points;
}

/** The same, but with a corner at the end, and into the side of a sum. */
function around(stops: Stop[], side: Side): Point[] {
    const [middle, along] = side.middle;
    const [across, from, to] = stops.at(-1)!;
    const towards = Math.sign(middle - across);
    const points = joined([...stops.slice(0, -1), [across, from, Math.max(to, along - RADIUS)]]);
    const curve = points.length === 2 ? lineBetween(points[0]!, points[1]!) : points;
    curve.push([across, along - RADIUS * 0.4], [across + towards * RADIUS * 0.6, along],
        [across + towards * RADIUS, along]);
    line(curve, [middle - towards * side.radius, along]);
    return curve;
}

function line(points: Point[], to: Point): void {
    points.push(points.at(-1)!, to, to);
}

function lineBetween(from: Point, to: Point): Point[] {
    return [from, from, to, to];
}
