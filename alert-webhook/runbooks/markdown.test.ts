import { readdirSync, readFileSync } from "node:fs"
import path from "node:path"
import { describe, expect, it } from "vitest"
import { renderMarkdown } from "./markdown.ts"

const render = (text: string) => renderMarkdown(text).text

describe("a runbook's text", () => {
	it("becomes headings, paragraphs, lists and code", () => {
		expect(
			render("# name\n\n## Meaning\n\nOne\nand two.\n\n1. First\n2. Second\n   goes on\n\n- a\n- b\n\n### More"),
		).toBe(
			"<h2>Meaning</h2><p>One and two.</p><ol><li>First</li><li>Second goes on</li></ol><ul><li>a</li><li>b</li></ul><h3>More</h3>",
		)
		expect(render("See:\n```promql\na < b\n\n# not a heading\n```\nEnd")).toBe(
			'<p>See:</p><pre tabindex="0"><code>a &lt; b\n\n# not a heading</code></pre><p>End</p>',
		)
	})

	it("has code, bold and links in its lines", () => {
		expect(render("Ask `a && **b**`, **now**, or [read](https://example.com/a?b=1&c=2).")).toBe(
			'<p>Ask <code>a &amp;&amp; **b**</code>, <strong>now</strong>, or <a href="https://example.com/a?b=1&amp;c=2" rel="noreferrer">read</a>.</p>',
		)
	})

	it("cannot bring markup or a script's address along", () => {
		expect(render("<script>x</script> [x](javascript:alert) `<b>` **<i>**\n\n```\n</code></pre><script>\n```")).toBe(
			'<p>&lt;script&gt;x&lt;/script&gt; [x](javascript:alert) <code>&lt;b&gt;</code> <strong>&lt;i&gt;</strong></p><pre tabindex="0"><code>&lt;/code&gt;&lt;/pre&gt;&lt;script&gt;</code></pre>',
		)
	})

	it("that ends within code, or is empty, is shown all the same", () => {
		expect(render("```\nopen")).toBe('<pre tabindex="0"><code>open</code></pre>')
		expect(render("")).toBe("")
	})

	it("of every shipped runbook is rendered whole: nothing of its Markdown is left over", () => {
		const folder = path.resolve(import.meta.dirname, "../../docs/runbooks")
		const left = readdirSync(folder).flatMap((name) => {
			const prose = render(readFileSync(path.join(folder, name), "utf8")).replace(/<(code)>.*?<\/\1>/gs, "")
			return /^(?:#|\||>)|```|\*\*|\]\(|`/m.test(prose.replaceAll(/<[^>]+>/g, "\n")) ? [name] : []
		})
		expect(left).toEqual([])
	})
})
