import MarkdownIt from "markdown-it"
import { Html } from "../console/kit/html.ts"

/** Markup in the text is escaped, and addresses of scripts become no links. */
const markdown = new MarkdownIt({ html: false, linkify: false })

// Code that is wider than the page scrolls, also with the keyboard.
markdown.renderer.rules.fence = (tokens, index) =>
	`<pre tabindex="0"><code>${markdown.utils.escapeHtml(tokens[index]?.content ?? "")}</code></pre>\n`
markdown.renderer.rules.link_open = (tokens, index, options, _env, self) => {
	tokens[index]?.attrSet("rel", "noreferrer")
	return self.renderToken(tokens, index, options)
}

/** A runbook's Markdown as HTML, without its title, which the page has already. */
export function renderMarkdown(text: string): Html {
	return new Html(markdown.render(text.replace(/^\s*# .*\n?/, "")))
}
