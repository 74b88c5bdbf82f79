/** Elements, made without markup: no text is ever taken for a tag. */

type Attributes = Record<string, string | number | boolean | null | undefined>;
type Child = Node | string | null | undefined | false;

const SVG = "http://www.w3.org/2000/svg";

export function el<K extends keyof HTMLElementTagNameMap>(
    name: K, attributes: Attributes = {}, ...children: Child[]
): HTMLElementTagNameMap[K] {
    return filled(document.createElement(name), attributes, children);
}

export function svg<K extends keyof SVGElementTagNameMap>(
    name: K, attributes: Attributes = {}, ...children: Child[]
): SVGElementTagNameMap[K] {
    return filled(document.createElementNS(SVG, name), attributes, children);
}

/** An element of the page's frame, which is there from the start. */
export function byId<T extends Element = HTMLElement>(id: string): T {
    return document.getElementById(id) as unknown as T;
}

export function clear(element: Element, ...children: Child[]): void {
    element.replaceChildren(...children.filter((child): child is Node | string => Boolean(child)));
}

function filled<E extends Element>(element: E, attributes: Attributes, children: Child[]): E {
    for (const [name, value] of Object.entries(attributes)) {
        if (value !== null && value !== undefined && value !== false) element.setAttribute(name, `${value}`);
    }
    for (const child of children) if (child) element.append(child);
    return element;
}
