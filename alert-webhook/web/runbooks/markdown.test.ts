import { readdirSync, readFileSync } from "node:fs"
import path from "node:path"
import { describe, expect, it } from "vitest"
import { renderMarkdown } from "./markdown.ts"

const render = (text: string) => renderMarkdown(text).text.replaceAll(/>\n+</g, "><").trim()

describe("a runbook's text", () => {
	it("is a page without its title, whose code can be scrolled with the keyboard", () => {
		expect(render("# name\n\n## Meaning\n\nOne.\n\n1. First\n2. Second\n")).toBe(
			"<h2>Meaning</h2><p>One.</p><ol><li>First</li><li>Second</li></ol>",
		)
		expect(render("```promql\na < b\n\n# not a heading\n```")).toBe(
			'<pre tabindex="0"><code>a &lt; b\n\n# not a heading\n</code></pre>',
		)
	})

	it("has links that send no referrer", () => {
		expect(render("[read](https://example.com/a?b=1&c=2)")).toBe(
			'<p><a href="https://example.com/a?b=1&amp;c=2" rel="noreferrer">read</a></p>',
		)
	})

	it("cannot contain markup or a script's address", () => {
		const page = render("<script>x</script> [x](javascript:alert) `<b>` **<i>**\n\n```\n</code></pre><script>\n```")
		expect(page).not.toMatch(/<(?:script|b|i)>|href/)
		expect(page).toContain("&lt;/code&gt;&lt;/pre&gt;&lt;script&gt;")
	})

	it("of every shipped runbook is rendered completely, without a rest of Markdown", () => {
		const folder = path.resolve(import.meta.dirname, "../../../docs/runbooks")
		const left = readdirSync(folder).flatMap((name) => {
			const prose = render(readFileSync(path.join(folder, name), "utf8")).replace(/<(code)>.*?<\/\1>/gs, "")
			return /^(?:#|\||>)|```|\*\*|\]\(|`/m.test(prose.replaceAll(/<[^>]+>/g, "\n")) ? [name] : []
		})
		expect(left).toEqual([])
	})
})
