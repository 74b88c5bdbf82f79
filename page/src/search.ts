/** Finding layers and blocks by what they are called and what they are. */

import { clear, el } from "./dom";
import type { Item, Network } from "./network";
import { counted, names, printed } from "./words";

const MOST_LISTED = 60;

export interface Hit {
    readonly path: string;
    readonly label: string;
    readonly item: Item;
    readonly layer: number | null;
}

interface Entry extends Hit {
    readonly text: string;
}

/** All that has every word of a query in its path or in what it is. */
export class Index {
    private readonly entries: Entry[] = [];

    constructor(network: Network) {
        for (const item of network.items) {
            if (item.kind === "block" && item.around) {
                const { name, kind } = names(item);
                this.add(item.key, kind || name, item, null);
            }
            for (const layer of item.layers) {
                const { label, op } = network.call(layer);
                this.add(network.paths[layer]!, printed(label), item, layer, `${label} ${op}`);
            }
        }
    }

    find(query: string): Hit[] {
        const words = folded(query).split(/\s+/).filter(Boolean);
        if (words.length === 0) return [];
        return this.entries.filter((entry) => words.every((word) => entry.text.includes(word)));
    }

    private add(path: string, label: string, item: Item, layer: number | null, more = ""): void {
        this.entries.push({ path, label, item, layer, text: folded(`${path} ${label} ${more}`) });
    }
}

export class SearchBox {
    private hits: Hit[] = [];
    private at = -1;

    constructor(
        private readonly input: HTMLInputElement,
        private readonly list: HTMLElement,
        private readonly find: (query: string) => Hit[],
        private readonly found: (hits: Hit[], words: string) => void,
        private readonly go: (hit: Hit) => void,
    ) {
        input.addEventListener("input", () => this.search());
        input.addEventListener("focus", () => this.hits.length && this.show(true));
        input.addEventListener("blur", () => setTimeout(() => this.show(false), 150));
        input.addEventListener("keydown", (event) => this.key(event));
        list.addEventListener("pointerdown", (event) => {
            const option = (event.target as Element).closest<HTMLElement>("[data-at]");
            if (!option) return;
            event.preventDefault();
            this.choose(Number(option.dataset["at"]));
            this.take();
        });
    }

    /** Search again, for the network may be another one. */
    search(): void {
        const query = this.input.value;
        this.hits = this.find(query);
        this.at = -1;
        const words = query.trim() ? (this.hits.length ? counted(this.hits.length, "match", "matches") : "no match") : "";
        clear(this.list, ...this.hits.slice(0, MOST_LISTED).map((hit, at) => option(hit, at)),
            this.hits.length > MOST_LISTED && el("li", { class: "more" }, `and ${this.hits.length - MOST_LISTED} more`),
            words === "no match" && el("li", { class: "more" }, words));
        this.show(Boolean(words) && document.activeElement === this.input);
        this.found(this.hits, words);
    }

    private show(open: boolean): void {
        this.list.hidden = !open;
        this.input.setAttribute("aria-expanded", `${open}`);
        if (!open) this.input.removeAttribute("aria-activedescendant");
    }

    private key(event: KeyboardEvent): void {
        if (event.key === "ArrowDown" || event.key === "ArrowUp") {
            event.preventDefault();
            const count = Math.min(this.hits.length, MOST_LISTED);
            if (count) this.choose((this.at + (event.key === "ArrowDown" ? 1 : this.at < 0 ? 0 : -1) + count) % count);
        } else if (event.key === "Enter") {
            event.preventDefault();
            // without a choice, each Enter goes one match further
            if (this.hits.length) this.take(this.at < 0 ? 0 : this.at);
        } else if (event.key === "Escape") {
            if (!this.list.hidden) return this.show(false);
            this.input.value = "";
            this.search();
        }
    }

    private choose(at: number): void {
        this.at = at;
        this.show(true);
        for (const option of this.list.querySelectorAll("[role=option]")) {
            option.setAttribute("aria-selected", `${option.id === `hit-${at}`}`);
        }
        const chosen = this.list.querySelector(`#hit-${at}`);
        chosen?.scrollIntoView({ block: "nearest" });
        this.input.setAttribute("aria-activedescendant", `hit-${at}`);
    }

    private take(at = this.at): void {
        this.go(this.hits[at]!);
        this.choose((at + 1) % Math.min(this.hits.length, MOST_LISTED));
        this.show(false);
    }
}

function option(hit: Hit, at: number): HTMLElement {
    return el("li", { role: "option", id: `hit-${at}`, "data-at": at, "aria-selected": "false" },
        el("span", { class: "path" }, hit.path), el("span", { class: "label" }, hit.label));
}

function folded(text: string): string {
    return text.toLowerCase().replace(/×/g, "x");
}
