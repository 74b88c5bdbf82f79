/** The layout's terms: a flow that runs along one axis, and what lies across it.
 *
 * `along` grows with the flow, `across` to its left; for a flow down the page these are y and x, for one
 * to the right x and y. Lengths are pixels at scale 1.
 */

import type { Face } from "../boxes";
import type { Shown } from "../showing";

export type Direction = "down" | "right";

/** A place in a frame: across the flow, and along it. */
export type Point = [number, number];

export interface PlacedWire {
    readonly value: string;
    /** Cubic Bézier curves: a start, then three points for each; or a straight line of two. */
    points: Point[];
    readonly head: boolean;
    readonly training: boolean;
    readonly text: string;
    /** The middle of the text. */
    textAt: Point | null;
}

/** A box or a frame with its size, its place in the frame around it, and all that is in it. */
export interface Placed {
    readonly shown: Shown;
    readonly face: Face | null;
    across: number;
    along: number;
    readonly breadth: number;
    readonly length: number;
    /** Of a frame: where values enter and leave, across the flow. A box is entered in its middle. */
    readonly ins: Map<string, number>;
    readonly outs: Map<string, number>;
    readonly children: Placed[];
    readonly wires: PlacedWire[];
}
