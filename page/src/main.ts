/** The page comes to life: its data is read, its controls are wired, its first drawing is made. */

import { Graphviz } from "@hpcc-js/wasm-graphviz";

import { App } from "./app";
import type { Choice } from "./app";
import type { Data, Family } from "./data";
import { byId, clear, el } from "./dom";
import { drawingKeys } from "./keys";
import { Ranks } from "./layout/graph";
import * as links from "./links";
import { follow } from "./live";
import { showProblems, showWrong } from "./problems";
import { Index, SearchBox } from "./search";
import { themeToggle } from "./theme";

const FAMILIES: Record<Family, string> = {
    learned: "learned", pool: "pool", norm: "norm", activation: "activation", merge: "merge", shape: "shape",
    boxes: "boxes", regular: "regularise", source: "input, output",
};

async function main(): Promise<void> {
    themeToggle(byId<HTMLButtonElement>("theme"));
    const data = JSON.parse(byId("data").textContent) as Data;
    const app = new App(data, new Ranks(await Graphviz.load()));
    const picker = byId<HTMLSelectElement>("networks");
    const indices = new Map<string, Index>();
    const search = new SearchBox(
        byId<HTMLInputElement>("search"), byId("hits"),
        (query) => {
            if (app.isEmpty) return [];
            const { name } = app.network.data;
            if (!indices.has(name)) indices.set(name, new Index(app.network));
            return indices.get(name)!.find(query);
        },
        (hits, words) => {
            if (!app.isEmpty) app.find(hits);
            byId("count").textContent = words;
            if (words) app.say(words);
        },
        (hit) => app.go(hit.layer === null ? hit.item.key : app.network.paths[hit.layer]!),
    );

    const pick = (name: string): void => {
        app.enter(name);
        picker.value = name;
        if (byId<HTMLInputElement>("search").value) search.search();
    };
    const list = (): void => {
        clear(picker, ...app.data.networks.map(({ name }) => el("option", { value: name }, name)));
        picker.hidden = app.data.networks.length < 2;
    };
    const problems = (now: Data, isStale: boolean): void => {
        document.body.classList.toggle("stale", isStale);
        showWrong(byId("wrong"), now, app.isEmpty ? null : app.network.data.name);
        showProblems(byId("problems"), now, isStale, (place) => app.source.mark(place, [], "wrong"));
        app.source.blame(now.diagnostics);
        const worst = now.diagnostics.find((each) => each.severity === "error");
        if (worst && (isStale || app.isEmpty)) app.source.mark(worst.place, [], "wrong");
    };
    const jump = (): void => {
        if (app.isEmpty) return;
        const target = links.read(location.hash, app.data.networks.map((each) => each.name));
        if (!target) return;
        if (target.network !== null && target.network !== app.network.data.name) pick(target.network);
        if (target.path && !app.go(target.path)) app.say(`there is no ${target.path} here`);
    };

    app.changed = () => {
        const { opening, network } = app;
        const depth = byId<HTMLInputElement>("depth");
        depth.max = `${network.deepest}`;
        depth.disabled = network.deepest === 0;
        depth.value = `${opening.depth}`;
        depth.setAttribute("aria-valuetext", `${opening.depth} of ${network.deepest} levels open`);
        byId("level").textContent = `${opening.depth} / ${network.deepest}`;
        const repeats = byId<HTMLButtonElement>("repeats");
        repeats.disabled = !network.items.some((item) => item.kind === "repeat");
        repeats.setAttribute("aria-pressed", `${opening.repeats.size > 0}`);
        legend(app);
        const path = app.choice && (app.choice.layer === null ? app.choice.key : network.paths[app.choice.layer]!);
        const hash = links.write(network.data.name, path, app.data.networks.length < 2);
        if (path !== null && hash !== location.hash) history.replaceState(null, "", hash);
    };

    controls(app, pick);
    pointers(app);
    drawingKeys(app, app.canvas.svg, () => byId("search").focus());
    addEventListener("hashchange", jump);
    list();
    if (data.networks.length) {
        pick(data.networks[0]!.name);
        jump();
    }
    problems(data, false);
    document.body.classList.toggle("empty", data.networks.length === 0);
    document.body.dataset["ready"] = "yes";
    performance.mark("drawn");
    if (data.live === null) return;
    follow(
        data.live,
        (next) => {
            const isLost = !app.isEmpty && !next.networks.some((each) => each.name === app.network.data.name);
            if (isLost && (next.notice || next.diagnostics.some((each) => each.severity === "error"))) {
                app.outdate(next);
                return problems(next, true);
            }
            indices.clear();
            app.renew(next);
            list();
            if (next.networks.length) picker.value = app.network.data.name;
            document.body.classList.toggle("empty", next.networks.length === 0);
            problems(next, false);
        },
        (is) => document.body.classList.toggle("alone", !is),
    );
}

function controls(app: App, pick: (name: string) => void): void {
    const on = (id: string, act: () => void): void => byId(id).addEventListener("click", act);
    byId<HTMLSelectElement>("networks").addEventListener("change", (event) => {
        pick((event.target as HTMLSelectElement).value);
        app.changed();
    });
    byId<HTMLInputElement>("depth").addEventListener("input", (event) => {
        const depth = Number((event.target as HTMLInputElement).value);
        app.rearrange((opening) => opening.toDepth(depth));
    });
    on("open-all", () => app.rearrange((opening) => opening.all()));
    on("close-all", () => app.rearrange((opening) => opening.none()));
    on("repeats", () => app.rearrange((opening) => opening.unfold(opening.repeats.size === 0)));
    on("turn", () => {
        app.turn(app.direction === "down" ? "right" : "down");
        byId("turn").setAttribute("aria-pressed", `${app.direction === "right"}`);
    });
    on("nearer", () => app.canvas.by(1.25));
    on("farther", () => app.canvas.by(0.8));
    on("fit", () => app.fit());
    on("whole", () => app.whole());
    on("help", () => byId<HTMLDialogElement>("keys").showModal());
    on("aside", () => {
        const isHidden = document.body.classList.toggle("wide");
        byId("aside").setAttribute("aria-pressed", `${!isHidden}`);
    });
    on("skip-drawing", () => (app.canvas.svg.querySelector('[tabindex="0"]') as SVGGElement | null)?.focus());
    on("skip-details", () => byId("details").focus());
}

/** Pressing and pointing within the drawing. */
function pointers(app: App): void {
    const { svg } = app.canvas;
    const chosen = (event: Event): Choice | null => {
        const target = event.target as Element;
        const key = target.closest("[data-key]")?.getAttribute("data-key");
        if (key == null) return null;
        const layer = target.closest("[data-layer]")?.getAttribute("data-layer");
        return { key, layer: layer == null ? null : Number(layer) };
    };
    svg.addEventListener("click", (event) => {
        const choice = chosen(event), target = event.target as Element;
        if (!choice) return app.choose(null);
        const kind = app.showing.byKey.get(choice.key)?.kind;
        if (target.closest(".badge")) return app.unfold(choice.key);
        app.choose(choice);
        if (kind === "block" || (kind === "frame" && target.closest(".header"))) app.toggle(choice.key);
        app.marks.element(choice.key)?.focus({ preventScroll: true });
    });
    let waiting = 0;
    const point = (event: Event): void => {
        const under = chosen(event);
        clearTimeout(waiting);
        waiting = setTimeout(() => {
            if (app.isEmpty) return;
            const shown = under && app.showing.byKey.get(under.key);
            app.marks.point(app.showing, shown ? shown.key : null);
            const isInside = shown && shown.kind !== "frame" && shown.kind !== "repeat";
            app.describe(isInside || (event.target as Element).closest(".header") ? under : null);
        }, 40);
    };
    svg.addEventListener("pointerover", point);
    svg.addEventListener("pointerleave", point);
    svg.addEventListener("focusin", (event) => {
        const choice = chosen(event);
        if (choice && choice.key !== app.choice?.key) app.choose(choice);
    });
}

/** The colours of what is drawn. */
function legend(app: App): void {
    const used = new Set(app.network.data.layers.map((_, index) => app.network.call(index).family));
    clear(byId("legend"), ...Object.entries(FAMILIES).filter(([family]) => used.has(family as Family))
        .map(([family, words]) => el("span", { class: family }, el("i"), words)));
}

main().catch((problem: unknown) => {
    document.body.dataset["ready"] = "failed";
    byId("failure").textContent = `The page cannot be drawn in this browser: ${String(problem)}`;
    byId("failure").hidden = false;
});
