/** A graph of blocks with fixed sizes, laid out in ranks by Graphviz.
 *
 * Equal graphs give equal source, and what was laid out once is remembered: a network repeats itself.
 */

import type { Graphviz } from "@hpcc-js/wasm-graphviz";

import type { Point } from "./model";

export interface Block {
    breadth: number;
    length: number;
    isRound: boolean;
    /** Where lines may end and start, across the flow; a block without any is met in its middle. */
    ins: number[];
    outs: number[];
    /** Whether it has to stand at the beginning of the flow, or at its end. */
    rank: "first" | "last" | null;
}

export interface Edge {
    from: number;
    to: number;
    /** Numbers of anchors, -1 where the block has none. */
    out: number;
    in: number;
    /** Whether it lies on the trunk, which should be straight. */
    isTrunk: boolean;
}

export interface Drawn {
    /** The middle of each block. */
    blocks: Point[];
    /** Of each edge its curve: a start, then three points for each piece. */
    edges: Point[][];
}

const INCH = 72;
/** Graphviz takes sizes in tables as 16-bit numbers. */
const LARGEST = 30000;

export class Ranks {
    private readonly known = new Map<string, Drawn>();

    constructor(private readonly graphviz: Graphviz) {}

    draw(blocks: Block[], edges: Edge[]): Drawn {
        const largest = Math.max(...blocks.flatMap((block) => [block.breadth, block.length]));
        const scale = Math.max(1, largest / LARGEST);
        const source = dot(blocks, edges, scale);
        let drawn = this.known.get(source);
        if (!drawn) {
            // json0 has the places without the strokes; the package knows it and its types do not
            const text = this.graphviz.layout(source, "json0" as "json", "dot");
            drawn = read(text, blocks.length, edges.length, scale);
            this.known.set(source, drawn);
        }
        return drawn;
    }
}

function dot(blocks: Block[], edges: Edge[], scale: number): string {
    const lines = [
        "digraph {",
        `graph [nodesep=${inches(22, scale)} ranksep=${inches(26, scale)}]`,
        `node [shape=box fixedsize=true label="" margin=0] edge [arrowhead=none]`,
    ];
    blocks.forEach((block, index) => lines.push(`n${index} [${shape(block, scale)}]`));
    for (const [rank, name] of [["first", "min"], ["last", "max"]] as const) {
        const those = blocks.flatMap((block, index) => (block.rank === rank ? [`n${index}`] : []));
        if (those.length) lines.push(`{rank=${name}; ${those.join("; ")}}`);
    }
    edges.forEach((edge, index) => {
        const out = ending(blocks[edge.from]!, "o", edge.out, "s"), into = ending(blocks[edge.to]!, "i", edge.in, "n");
        lines.push(`n${edge.from}${out} -> n${edge.to}${into} [id=${index} weight=${edge.isTrunk ? 40 : 2}]`);
    });
    return `${lines.join("\n")}\n}\n`;
}

function shape(block: Block, scale: number): string {
    if (block.isRound) return `shape=circle width=${inches(block.breadth, scale)}`;
    if (block.ins.length + block.outs.length === 0) {
        return `width=${inches(block.breadth, scale)} height=${inches(block.length, scale)}`;
    }
    const rows = [
        anchors(block.ins, "i", block.breadth, scale),
        `<TR><TD>${cell(block.breadth / scale, Math.max(1, block.length / scale - 2))}</TD></TR>`,
        anchors(block.outs, "o", block.breadth, scale),
    ];
    return `shape=plain fixedsize=false label=<<TABLE ${BARE}>${rows.join("")}</TABLE>>`;
}

const BARE = 'BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0"';

function cell(width: number, height: number): string {
    return `<TABLE ${BARE} FIXEDSIZE="TRUE" WIDTH="${Math.round(width)}" HEIGHT="${Math.round(height)}"><TR><TD></TD></TR></TABLE>`;
}

/** A row of cells one pixel high, with a port in the middle of each anchor. */
function anchors(places: number[], letter: string, breadth: number, scale: number): string {
    let at = 0;
    const cells: string[] = [];
    const add = (to: number, port: string): void => {
        const width = Math.round(to / scale) - at;
        if (width < 1) return;
        cells.push(`<TD FIXEDSIZE="TRUE" WIDTH="${width}" HEIGHT="1"${port}></TD>`);
        at += width;
    };
    const sorted = places.map((place, index) => ({ place, index })).sort((a, b) => a.place - b.place);
    for (const { place, index } of sorted) {
        add(place - scale, "");
        add(Math.max(place + scale, (at + 2) * scale), ` PORT="${letter}${index}"`);
    }
    add(breadth, "");
    return `<TR><TD><TABLE ${BARE}><TR>${cells.join("")}</TR></TABLE></TD></TR>`;
}

function ending(block: Block, letter: string, anchor: number, side: string): string {
    if (block.isRound) return "";
    return anchor < 0 ? `:${side}` : `:${letter}${anchor}:${side}`;
}

function inches(pixels: number, scale: number): string {
    return (pixels / scale / INCH).toFixed(4);
}

interface Json {
    bb: string;
    objects?: { name: string; pos?: string }[];
    edges?: { id: string; pos: string }[];
}

/** Graphviz counts upwards; the flow runs downwards. */
function read(text: string, blocks: number, edges: number, scale: number): Drawn {
    const json = JSON.parse(text) as Json;
    const top = Number(json.bb.split(",")[3]);
    const point = (pair: string): Point => {
        const [x, y] = pair.split(",").map(Number);
        return [x! * scale, (top - y!) * scale];
    };
    const drawn: Drawn = { blocks: new Array<Point>(blocks), edges: new Array(edges) };
    for (const each of json.objects ?? []) {
        if (each.pos) drawn.blocks[Number(each.name.slice(1))] = point(each.pos);
    }
    for (const each of json.edges ?? []) {
        drawn.edges[Number(each.id)] = each.pos.split(" ").filter((pair) => !/^[es],/.test(pair)).map(point);
    }
    return drawn;
}
