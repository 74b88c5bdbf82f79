/** The drawing's window: what of it is seen, and how large. */

import { select } from "d3-selection";
import { zoom, zoomIdentity, ZoomTransform } from "d3-zoom";

import type { Box } from "./layout/absolute";

const MARGIN = 28;
const SMALLEST = 0.02, LARGEST = 4;
/** Below this scale letters cannot be read. */
const READABLE = 0.62;

export class Canvas {
    private readonly selection;
    private readonly behaviour = zoom<SVGSVGElement, unknown>();
    private moving = 0;

    constructor(readonly svg: SVGSVGElement, readonly content: SVGGElement, moved: (scale: number) => void) {
        this.selection = select(svg);
        this.behaviour
            .scaleExtent([SMALLEST, LARGEST])
            .clickDistance(4)
            // the wheel moves; with a key held, or two fingers, it scales
            .filter((event: MouseEvent) => !event.button && (event.type !== "wheel" || event.ctrlKey || event.metaKey))
            .on("zoom", (event: { transform: ZoomTransform }) => {
                content.setAttribute("transform", event.transform.toString());
                moved(event.transform.k);
            });
        this.selection.call(this.behaviour).on("dblclick.zoom", null);
        svg.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    }

    get transform(): ZoomTransform {
        return this.svg.__zoom ?? zoomIdentity;
    }

    get size(): { width: number; height: number } {
        return { width: this.svg.clientWidth || 800, height: this.svg.clientHeight || 600 };
    }

    set(transform: ZoomTransform): void {
        cancelAnimationFrame(this.moving);
        this.selection.call(this.behaviour.transform, transform);
    }

    by(factor: number): void {
        cancelAnimationFrame(this.moving);
        this.selection.call(this.behaviour.scaleBy, factor);
    }

    /** Move what is drawn, in pixels of the screen. */
    shift(x: number, y: number): void {
        const { k, x: left, y: top } = this.transform;
        this.set(new ZoomTransform(k, left + x, top + y));
    }

    /** All of it where it can be read so; else as wide as fits, from its beginning. */
    fit(width: number, height: number): void {
        const room = this.size;
        const whole = Math.min((room.width - 2 * MARGIN) / width, (room.height - 2 * MARGIN) / height);
        if (whole >= READABLE) return this.set(this.centred(width, height, Math.min(1.25, whole)));
        const side = height > width ? (room.width - 2 * MARGIN) / width : (room.height - 2 * MARGIN) / height;
        const scale = Math.max(READABLE, Math.min(1, side));
        const centred = this.centred(width, height, scale);
        const x = width * scale > room.width ? MARGIN : centred.x;
        const y = height * scale > room.height ? MARGIN : centred.y;
        this.set(new ZoomTransform(scale, x, y));
    }

    whole(width: number, height: number): void {
        const room = this.size;
        const scale = Math.min((room.width - 2 * MARGIN) / width, (room.height - 2 * MARGIN) / height, 1.25);
        this.set(this.centred(width, height, scale));
    }

    /** Bring a part of the drawing into the middle, and near enough to be read, if it is not seen well. */
    reveal(box: Box, always = false): void {
        const { k, x, y } = this.transform, room = this.size;
        const left = box.x * k + x, top = box.y * k + y;
        const isSeen = left >= 8 && top >= 8 && left + Math.min(box.width * k, room.width - 40) <= room.width - 8
            && top + Math.min(box.height * k, room.height - 40) <= room.height - 8;
        if (isSeen && k >= 0.3 && !always) return;
        const scale = k < READABLE ? 1 : k;
        const high = Math.min(box.height * scale, room.height * 0.8);
        this.glide(new ZoomTransform(
            scale,
            room.width / 2 - (box.x + box.width / 2) * scale,
            room.height / 2 - box.y * scale - high / 2,
        ));
    }

    private centred(width: number, height: number, scale: number): ZoomTransform {
        const room = this.size;
        return new ZoomTransform(scale, (room.width - width * scale) / 2, (room.height - height * scale) / 2);
    }

    private wheel(event: WheelEvent): void {
        if (event.ctrlKey || event.metaKey) return;
        event.preventDefault();
        const unit = event.deltaMode === 1 ? 18 : event.deltaMode === 2 ? this.size.height : 1;
        const [x, y] = event.shiftKey && !event.deltaX ? [event.deltaY, 0] : [event.deltaX, event.deltaY];
        this.shift(-x * unit, -y * unit);
    }

    /** Go there in a moment, or at once where motion is not wanted. */
    private glide(to: ZoomTransform): void {
        const from = this.transform, start = performance.now(), lasts = 160;
        if (matchMedia("(prefers-reduced-motion: reduce)").matches) return this.set(to);
        const step = (now: number): void => {
            const t = Math.min(1, Math.max(0, (now - start) / lasts)), eased = 1 - (1 - t) ** 3;
            const mix = (a: number, b: number): number => a + (b - a) * eased;
            this.selection.call(
                this.behaviour.transform,
                new ZoomTransform(mix(from.k, to.k), mix(from.x, to.x), mix(from.y, to.y)),
            );
            if (t < 1) this.moving = requestAnimationFrame(step);
        };
        cancelAnimationFrame(this.moving);
        this.moving = requestAnimationFrame(step);
    }
}

declare global {
    interface SVGSVGElement {
        __zoom?: ZoomTransform;
    }
}
