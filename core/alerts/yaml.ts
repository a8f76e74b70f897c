import { Document, visit } from "yaml"

/** What generated YAML consists of. */
export type Plain = string | number | boolean | readonly Plain[] | { readonly [key: string]: Plain | undefined }

/** Characters that the YAML parser of Prometheus refuses or takes for line breaks, unless they are escaped. */
const UNPRINTABLE = /(?![\t\n])[\p{Control}\u2028\u2029\ufeff\ufffe\uffff]/gu
const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`

/**
 * Block-style YAML that reads alike to YAML 1.1 and 1.2 parsers: Prometheus has the one, our own tools the other.
 * Ten times slower than by hand: 2 s for 10,000 alerts.
 */
export function toYaml(value: Plain): string {
	const document = new Document(value, { compat: "yaml-1.1", aliasDuplicateObjects: false })
	visit(document, {
		Scalar(_, node) {
			if (typeof node.value !== "string") return
			const text = node.value.replace(/\p{Surrogate}/gu, "\ufffd")
			node.value = text
			if (text.search(UNPRINTABLE) >= 0) node.type = "QUOTE_DOUBLE"
		},
	})
	return document.toString({ lineWidth: 0, doubleQuotedAsJSON: true }).replace(UNPRINTABLE, escaped)
}
