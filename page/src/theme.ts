/** Light and dark: as the system has it, or as it was chosen here. */

const KEY = "archdsl-theme";
const ORDER = ["auto", "light", "dark"] as const;
type Theme = (typeof ORDER)[number];

export function themeToggle(control: HTMLButtonElement): void {
    let theme = remembered();
    const apply = (): void => {
        if (theme === "auto") delete document.documentElement.dataset["theme"];
        else document.documentElement.dataset["theme"] = theme;
        control.dataset["theme"] = theme;
        control.setAttribute("aria-label", `Colours: ${theme}`);
        control.title = `Colours: ${theme}`;
    };
    control.addEventListener("click", () => {
        theme = ORDER[(ORDER.indexOf(theme) + 1) % ORDER.length]!;
        try {
            localStorage.setItem(KEY, theme);
        } catch {
            // a page without storage forgets, and works all the same
        }
        apply();
    });
    apply();
}

function remembered(): Theme {
    try {
        return ORDER.find((each) => each === localStorage.getItem(KEY)) ?? "auto";
    } catch {
        return "auto";
    }
}
