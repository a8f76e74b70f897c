/** A panel as the page has it. */
export interface SeenPanel {
	readonly title: string
	readonly loading: boolean
	/** Grafana marks the panel as failed. */
	readonly failed: boolean
	/** Words in place of the picture. */
	readonly instead?: string
	/** The panel's text. */
	readonly text: string
	/** A chart, an image or a table is there. */
	readonly picture: boolean
}

export interface SeenPage {
	/** Milliseconds since the navigation began. */
	readonly at: number
	readonly panels: readonly SeenPanel[]
	/** The page's text where no panel is: an error in place of the board. */
	readonly text: string
	/** How many pixels the page is wider than the window. */
	readonly tooWide: number
}

/** Reads the panels of a board. Runs in the page, so it is a text: a compiled function refers to helpers of the compiler. */
export const READ_PAGE = `(() => {
	const text = (element) => (element?.innerText ?? "").replace(/\\s+/g, " ").trim();
	const panels = [...document.querySelectorAll('section[data-testid^="data-testid Panel header "]')];
	return {
		at: performance.now(),
		panels: panels.map((panel) => {
			const content = panel.querySelector('[data-testid="data-testid panel content"]');
			const instead = panel.querySelector('[data-testid="data-testid Panel data error message"]');
			return {
				title: panel.dataset.testid.slice("data-testid Panel header ".length),
				loading: panel.querySelector('[aria-label="Panel loading bar"]') !== null,
				failed: panel.querySelector('[data-testid="data-testid Panel status error"]') !== null,
				...(instead ? { instead: text(instead) } : {}),
				text: text(content),
				picture: content?.querySelector("canvas, svg, [role=grid], table") != null,
			};
		}),
		text: panels.length > 0 ? "" : text(document.body),
		tooWide: document.documentElement.scrollWidth - window.innerWidth,
	};
})()`
