/** Where everything is in the whole drawing, on the page's axes. */

import type { Direction, Placed } from "./model";

export interface Box {
    x: number;
    y: number;
    width: number;
    height: number;
}

export function absolute(root: Placed, direction: Direction): Map<string, Box> {
    const boxes = new Map<string, Box>();
    const pending: [Placed, number, number][] = [[root, 0, 0]];
    for (let next = pending.pop(); next; next = pending.pop()) {
        const [placed, across, along] = next;
        const [x, y, width, height] = direction === "right"
            ? [along, across, placed.length, placed.breadth] : [across, along, placed.breadth, placed.length];
        boxes.set(placed.shown.key, { x, y, width, height });
        for (const child of placed.children) pending.push([child, across + child.across, along + child.along]);
    }
    return boxes;
}
