/** What is wrong with the spec, or doubtful: each with its place, its reasons and its remedy. */

import type { Data, Diagnostic } from "./data";
import { clear, el } from "./dom";
import { button } from "./details";
import { counted } from "./words";

export function showProblems(into: HTMLElement, data: Data, isStale: boolean, read: (place: number) => void): void {
    const rank = { error: 0, warning: 1, advice: 2 };
    const sorted = [...data.diagnostics].sort((one, other) => rank[one.severity] - rank[other.severity]);
    into.hidden = sorted.length === 0 && !data.notice;
    const errors = sorted.filter((each) => each.severity === "error").length;
    const counts = [errors && counted(errors, "error"), sorted.length - errors && counted(sorted.length - errors, "warning")];
    const entry = (each: Diagnostic): HTMLElement => {
        const [file, line, column] = data.places[each.place]!;
        const place = button(`${data.files[file]!.name}:${line}:${column}`, () => read(each.place), "link place");
        return el("li", { class: each.severity },
            el("div", {}, el("b", {}, `${each.severity}[${each.code}]`), " ", each.message),
            place, each.here && el("span", { class: "here" }, ` ${each.here}`),
            ...each.labels.map((label) => el("div", { class: "label" },
                button(`line ${data.places[label.place]![1]}`, () => read(label.place)), ` ${label.text}`)),
            ...each.notes.map((note) => el("div", { class: "note" }, note)),
            ...each.hints.map((hint) => el("div", { class: "hint" }, hint)));
    };
    const title = [data.notice && "error", ...counts].filter(Boolean).join(", ");
    const isError = errors > 0 || data.notice !== "";
    clear(into,
        el("details", { open: isError },
            el("summary", { class: isError ? "error" : "warning" }, title),
            data.notice && el("p", { class: "stale" }, data.notice),
            isStale && data.wrong.length === 0 && el("p", { class: "stale" }, "The drawing is the last one that could be made."),
            el("ul", {}, ...sorted.map(entry))));
}

/** Drawings of the networks that are wrong: that of the one that was shown, or where none was, all. */
export function showWrong(into: HTMLElement, data: Data, name: string | null): void {
    const meant = data.wrong.filter((each) => name === null || each.name === name);
    document.body.classList.toggle("faulty", meant.length > 0);
    clear(into, ...meant.map((each) => {
        const bytes = new TextEncoder().encode(each.picture);
        const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
        return el("img", { src: `data:image/svg+xml;base64,${btoa(text)}`, alt: `${each.name}, with its mistakes marked` });
    }));
}
