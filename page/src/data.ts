/** The data that archdsl writes into a page, as `archdsl/outputs/page/data.py` makes it. */

export interface Data {
    title: string;
    /** Of a page that is redrawn: which drawing it is. */
    live: number | null;
    /** Why there is nothing to see, where no line is to blame. */
    notice: string;
    /** Networks that are not sound, as far as they go. */
    wrong: { name: string; picture: string }[];
    diagnostics: Diagnostic[];
    networks: NetworkData[];
    files: { name: string; text: string }[];
    /** File, line, column, and the line and column behind the end; from one, but the file. */
    places: [number, number, number, number, number][];
    /** Steps on the way to a place, each with the number of the one before it. */
    ways: { text: string; place: number; outer: number | null }[];
    calls: Call[];
}

export type Family =
    | "learned" | "pool" | "norm" | "activation" | "merge" | "shape" | "boxes" | "regular" | "source";

/** An operator with its arguments, applied to values of some shapes. */
export interface Call {
    op: string;
    family: Family;
    about: string;
    label: string;
    weighty: boolean;
    arguments: [string, string][];
    inputs: string[];
    outputs: string[];
    /** Name, shape, and whether it is learned. */
    weights: [string, string, boolean][];
}

/** A value: the number of the layer that gives it, and which of its outputs it is. */
export type Wire = [number, number];

export interface LayerData {
    name: string;
    scope: number;
    call: number;
    inputs: Wire[];
    place: number;
    params?: number;
    macs?: number;
    activations?: number;
    field?: string;
    stride?: string;
    way?: number;
    first?: number;
    training?: boolean;
    frozen?: boolean;
}

export interface Totals {
    params: number;
    trainable: number;
    macs: number;
    weight_layers: number;
    depth: number;
    activations: number;
}

export interface ScopeData {
    name: string;
    around: number;
    kind: "net" | "block" | "sequence";
    definition: string;
    arguments: [string, string][];
    outputs: string[];
    start: number;
    end: number;
    totals: Totals;
    place: number;
    way: number | null;
    first: number | null;
}

/** A block, a repetition, one of its times, or a box of layers. */
export interface ItemData {
    around: number;
    scope?: number;
    times?: number;
    copy?: number;
    layers?: number[];
}

export interface Output {
    name: string;
    from: Wire;
    shape: string;
    training: boolean;
}

export interface Expectation {
    kind: "expect" | "claim";
    what: string;
    operator: string;
    printed: string;
    computed: string;
    holds: boolean;
    remark: string;
    place: number;
}

export interface NetworkData {
    name: string;
    about: string;
    place: number;
    totals: Totals;
    field: string;
    stride: string;
    sizes: string;
    layers: LayerData[];
    scopes: ScopeData[];
    items: ItemData[];
    inputs: number[];
    outputs: Output[];
    expectations: Expectation[];
}

export interface Diagnostic {
    code: string;
    severity: "error" | "warning" | "advice";
    message: string;
    place: number;
    here: string;
    labels: { text: string; place: number }[];
    notes: string[];
    hints: string[];
    way: number | null;
}
