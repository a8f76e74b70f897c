import { type Caller, may } from "../../../domain/access/roles.ts"
import { SCRIPT, STYLE } from "./assets.ts"
import { type Content, type Html, html } from "./html.ts"

/** The logo: an eye. */
const MARK = html`<svg class="mark" viewBox="0 0 24 24" aria-hidden="true"><path d="M2 12c3-5 6.5-7.5 10-7.5s7 2.5 10 7.5c-3 5-6.5 7.5-10 7.5S5 17 2 12Z" /><circle cx="12" cy="12" r="3.2" /></svg>`

interface Head {
	readonly title: string
	/** The state that the page shows, if it is to be refreshed. */
	readonly revision?: string
	/** The address of a stylesheet of the page's own. */
	readonly style?: string | undefined
	/** The interval of its refresh. */
	readonly refreshSeconds?: number | undefined
}

const document = ({ title, revision, style, refreshSeconds }: Head, body: Content): string =>
	html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${title} · mcp-observatory</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${STYLE.href}">
${style !== undefined && html`<link rel="stylesheet" href="${style}">`}
<script src="${SCRIPT.href}" defer></script>
${refreshSeconds !== undefined && html`<noscript><meta http-equiv="refresh" content="${refreshSeconds}"></noscript>`}
</head>
<body${revision !== undefined && html` data-revision="${revision}"`}${refreshSeconds !== undefined && html` data-refresh="${refreshSeconds}"`}>
${body}
</body>
</html>
`.text

export interface Shell {
	readonly title: string
	readonly caller: Caller
	readonly csrf: string
	/** The page's entry in the navigation. */
	readonly section: "open" | "resolved" | "boards" | "inbox" | "response" | "people" | "audit"
	readonly open: number
	readonly unread: number
	/** The control state. */
	readonly control: "run" | "pause" | "stop"
	/** The state that the page shows, as `revisionOf` names it. */
	readonly revision: string
	readonly main: Html
	/** The page uses the whole width of the screen. */
	readonly wide?: boolean
	/** The address of a stylesheet of the page's own. */
	readonly style?: string
	/** The interval of its refresh; a minute without one. */
	readonly refreshSeconds?: number
}

/** A page of the console: navigation, the page's own part, and the signed-in person. */
export function shell(page: Shell): string {
	const { title, caller, csrf, section, open, unread, control, revision, main, wide, style, refreshSeconds } = page
	const link = (to: string, name: Shell["section"], label: string, n: number, what: string) =>
		html`<a href="${to}"${section === name && html` aria-current="page"`}>${label}${n > 0 && html` <span class="count" aria-label="${n} ${what}">${n}</span>`}</a>`
	return document(
		{ title, revision, style, refreshSeconds },
		html`<a class="skip" href="#main">Skip to content</a>
<header class="top">
<a class="brand" href="/">${MARK}<span>mcp-observatory</span></a>
<nav aria-label="Console">
${link("/", "open", "Open", open, "open")}
${link("/resolved", "resolved", "Resolved", 0, "")}
${link("/boards", "boards", "Boards", 0, "")}
${link("/inbox", "inbox", "Inbox", unread, "unread")}
${link("/response", "response", "Response", 0, "")}
${
	may(caller.role, "admin") &&
	html`${link("/people", "people", "People", 0, "")}
${link("/audit", "audit", "Audit", 0, "")}`
}
</nav>
<form class="who" method="post" action="/sign-out">
<input type="hidden" name="csrf" value="${csrf}">
<span title="${caller.role}">${caller.actor}</span>
<button class="quiet">Sign out</button>
</form>
</header>
<p class="offline" role="status" hidden>Not connected. What you see may be out of date.</p>
<main id="main" tabindex="-1"${wide && html` class="wide"`}>
${control !== "run" && section !== "response" && html`<p class="control-notice control-notice-${control}"><strong>${control === "stop" ? "Emergency stop" : "Paused"}</strong> ${control === "stop" ? "Everything autonomous is halted." : "Autonomous sessions wait."} <a href="/response">See and release</a></p>`}
${main}
</main>
<footer><kbd>j</kbd> <kbd>k</kbd> move · <kbd>Enter</kbd> open · <kbd>a</kbd> acknowledge · <kbd>x</kbd> select</footer>`,
	)
}

/** A page without navigation: for the sign-in and for errors. */
export const bare = (title: string, main: Html): string =>
	document(
		{ title },
		html`<main id="main" class="bare"><a class="brand" href="/">${MARK}<span>mcp-observatory</span></a>
${main}</main>`,
	)
