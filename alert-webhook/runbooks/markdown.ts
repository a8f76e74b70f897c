import { escapeText, Html, html, safeUrl } from "../console/html.ts"

/**
 * The Markdown that runbooks are written in, as a page: headings, paragraphs, lists, fenced code, and inside them code,
 * bold and links. Anything else stands as it was written; markup in it is text.
 */
export function renderMarkdown(text: string): Html {
	const lines = text.replaceAll("\r\n", "\n").split("\n")
	const blocks: Html[] = []
	let at = 0
	const takeWhile = (wanted: (line: string) => boolean): string[] => {
		const from = at
		while (at < lines.length && wanted(lines[at] ?? "")) at++
		return lines.slice(from, at)
	}
	while (at < lines.length) {
		const line = lines[at] ?? ""
		if (line.trim() === "") at++
		else if (isFence(line)) {
			at++
			blocks.push(html`<pre tabindex="0"><code>${takeWhile((next) => !isFence(next)).join("\n")}</code></pre>`)
			at++
		} else if (HEADING.test(line)) {
			at++
			blocks.push(heading(line))
		} else if (ITEM.test(line)) blocks.push(list(takeWhile((next) => ITEM.test(next) || /^\s+\S/.test(next))))
		else blocks.push(html`<p>${inline(takeWhile(isProse).join(" "))}</p>`)
	}
	return html`${blocks}`
}

const HEADING = /^(#{1,6})\s+(.+?)\s*#*$/
const ITEM = /^\s*(?:[-*]|\d+[.)])\s+/
const isFence = (line: string) => /^\s*```/.test(line)
const isProse = (line: string) => line.trim() !== "" && !isFence(line) && !HEADING.test(line) && !ITEM.test(line)

/** The page has its own first heading, so a runbook's title is none and its sections come below. */
function heading(line: string): Html {
	const [, marks = "", text = ""] = HEADING.exec(line) ?? []
	if (marks.length === 1) return html``
	return marks.length === 2 ? html`<h2>${inline(text)}</h2>` : html`<h3>${inline(text)}</h3>`
}

/** A line that is further in goes on with the item before it. */
function list(lines: readonly string[]): Html {
	const items: string[] = []
	for (const line of lines)
		if (ITEM.test(line)) items.push(line.replace(ITEM, ""))
		else items.push(`${items.pop() ?? ""} ${line.trim()}`)
	const written = html`${items.map((item) => html`<li>${inline(item)}</li>`)}`
	return /^\s*\d/.test(lines[0] ?? "") ? html`<ol>${written}</ol>` : html`<ul>${written}</ul>`
}

const INLINE = /`([^`]+)`|\*\*([^*]+)\*\*|\[([^\]]+)\]\(([^()\s]+)\)/g

function inline(text: string): Html {
	let done = ""
	let from = 0
	for (const match of text.matchAll(INLINE)) {
		const [whole, code, bold, label, address] = match
		done += escapeText(text.slice(from, match.index))
		const url = safeUrl(address)
		if (code !== undefined) done += html`<code>${code}</code>`.text
		else if (bold !== undefined) done += html`<strong>${bold}</strong>`.text
		else done += url === undefined ? escapeText(whole) : html`<a href="${url}" rel="noreferrer">${label}</a>`.text
		from = match.index + whole.length
	}
	return new Html(done + escapeText(text.slice(from)))
}
