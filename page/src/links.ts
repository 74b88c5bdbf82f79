/** Links to a part: `#VGG.D/features.0`, or without the network where there is only one. */

export interface Target {
    network: string | null;
    path: string;
}

export function read(hash: string, networks: string[]): Target | null {
    let text: string;
    try {
        text = decodeURIComponent(hash.replace(/^#/, ""));
    } catch {
        return null;
    }
    if (!text) return null;
    const network = networks.find((name) => text === name || text.startsWith(`${name}/`));
    return network === undefined ? { network: null, path: text } : { network, path: text.slice(network.length + 1) };
}

export function write(network: string, path: string | null, isOnly: boolean): string {
    const parts = [isOnly ? null : network, path].filter((part): part is string => part !== null);
    return parts.length ? `#${parts.map(encodeURIComponent).join("/")}` : "";
}
