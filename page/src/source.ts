/** The specs' text beside the drawing: where things are written, and what is made of a line. */

import type { Data } from "./data";
import { byId, clear, el } from "./dom";

const WORDS = new Set(
    ("net block notation let input output table expect claim if else for in share import from replace insert remove "
        + "until freeze unfreeze convolve init loss training as weight after before true false none").split(" "),
);
const TOKENS = /("""[\s\S]*?"""|"(?:[^"\\\n]|\\.)*")|(#[^\n]*)|([\p{L}_][\p{L}\p{N}_]*(?:-[\p{L}\p{N}_]+)*)|(\d[\d_.]*)/gu;

export class SourceView {
    private file = -1;
    private lines: HTMLElement[] = [];
    private readonly tabs = byId("files");
    private readonly text = byId("source");

    constructor(private data: Data, private readonly chosen: (file: number, line: number) => void) {
        this.text.addEventListener("click", (event) => {
            const line = (event.target as Element).closest<HTMLElement>("[data-line]");
            if (line && !getSelection()?.toString()) this.chosen(this.file, Number(line.dataset["line"]));
        });
        this.renew(data);
    }

    /** Another text, or the same one changed. */
    renew(data: Data): void {
        this.data = data;
        const file = this.file;
        this.file = -1;
        this.open(data.files[file] ? file : 0);
    }

    /** Mark where something is written, and more faintly the places that lead there. */
    mark(place: number | null, others: number[] = [], severity = ""): void {
        for (const line of this.text.querySelectorAll(".at, .way, .wrong")) line.classList.remove("at", "way", "wrong");
        for (const found of this.text.querySelectorAll("mark")) found.replaceWith(...found.childNodes);
        const range = place === null ? undefined : this.data.places[place];
        if (!range) return;
        this.open(range[0]);
        for (const other of others) {
            const [file, line] = this.data.places[other]!;
            if (file === this.file) this.lines[line - 1]?.classList.add("way");
        }
        const [, line, column, endLine, endColumn] = range;
        for (let at = line; at <= Math.min(endLine, line + 400); at++) {
            this.lines[at - 1]?.classList.add("at", ...(severity ? ["wrong"] : []));
        }
        const first = this.lines[line - 1];
        if (!first) return;
        if (line === endLine && endColumn > column) underline(first.querySelector("code")!, column - 1, endColumn - 1);
        this.scroll(first);
    }

    /** Mark lines by severity, for all that is wrong. */
    blame(places: { place: number; severity: string }[]): void {
        for (const line of this.text.querySelectorAll(".error, .warning")) line.classList.remove("error", "warning");
        for (const { place, severity } of places) {
            const [file, line] = this.data.places[place]!;
            if (file === this.file) this.lines[line - 1]?.classList.add(severity);
        }
    }

    private open(file: number): void {
        if (file === this.file || !this.data.files[file]) return;
        this.file = file;
        clear(this.tabs, ...this.data.files.map(({ name }, index) => {
            const tab = el("button", { type: "button", "aria-pressed": index === file, title: name },
                name.split(/[\\/]/).at(-1) ?? name);
            tab.addEventListener("click", () => this.open(index));
            return tab;
        }));
        this.lines = coloured(this.data.files[file].text);
        clear(this.text, ...this.lines);
    }

    private scroll(line: HTMLElement): void {
        const view = this.text, top = line.offsetTop;
        const isSeen = top >= view.scrollTop + 10 && top <= view.scrollTop + view.clientHeight - 40;
        if (!isSeen) view.scrollTop = Math.max(0, top - view.clientHeight / 3);
    }
}

/** A text as numbered lines, with its comments, texts, words and numbers set apart. */
function coloured(text: string): HTMLElement[] {
    const lines: HTMLElement[] = [];
    let code = el("code");
    const begin = (): void => {
        code = el("code");
        lines.push(el("div", { class: "line", "data-line": lines.length + 1 },
            el("span", { class: "number", "aria-hidden": true }, `${lines.length + 1}`), code));
    };
    const put = (piece: string, kind: string): void => {
        piece.split("\n").forEach((part, at) => {
            if (at) begin();
            if (part) code.append(kind ? el("span", { class: kind }, part) : part);
        });
    };
    begin();
    let at = 0;
    for (const match of text.matchAll(TOKENS)) {
        put(text.slice(at, match.index), "");
        const [all, quoted, comment, word, number] = match;
        put(all, quoted ? "quoted" : comment ? "comment" : word && WORDS.has(word) ? "word" : number ? "count" : "");
        at = match.index + all.length;
    }
    put(text.slice(at), "");
    return lines;
}

/** Put a mark around letters of a line, counted as people count them. */
function underline(code: Element, from: number, to: number): void {
    let at = 0;
    const pieces: [Text, number, number][] = [];
    const walker = document.createTreeWalker(code, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const letters = [...(node as Text).data];
        const start = Math.max(from, at), end = Math.min(to, at + letters.length);
        const units = (count: number): number => letters.slice(0, count).join("").length;
        if (start < end) pieces.push([node as Text, units(start - at), units(end - at)]);
        at += letters.length;
    }
    for (const [node, start, end] of pieces) {
        const range = document.createRange();
        range.setStart(node, start);
        range.setEnd(node, end);
        range.surroundContents(document.createElement("mark"));
    }
}
