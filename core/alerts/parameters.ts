import { parseLiteral } from "./condition/units.ts"
import type { Parameter } from "./model.ts"
import { PATH_NAMES } from "./names.ts"
import type { Report } from "./source.ts"
import type { WrittenParameter } from "./syntax/document.ts"

/** Parameters that a file need not give, so that the strategy's own file is complete. */
const DEFAULTS: readonly Parameter[] = [{ name: "dailyBudget", value: 50, quantity: "usd", byDefault: true }]

/** A parameter, or `unfit` where its value is none, which has been reported. */
export type Parameters = ReadonlyMap<string, Parameter | "unfit">

/** The file's parameters on top of the defaults. */
export function readParameters(written: readonly WrittenParameter[], report: Report): Parameters {
	const parameters = new Map<string, Parameter | "unfit">(DEFAULTS.map((parameter) => [parameter.name, parameter]))
	for (const { name, value, span, keySpan } of written) {
		if (PATH_NAMES.has(name)) {
			report(keySpan, {
				id: "invalid-field",
				severity: "error",
				message: `the parameter ${name} has the name of a path`,
				expected: "another name",
			})
		}
		parameters.set(name, "unfit")
		if (value === undefined) continue
		const literal = parseLiteral(String(value))
		if (!literal) {
			report(span, {
				id: "invalid-field",
				severity: "error",
				message: `the parameter ${name} is not a number`,
				expected: "a number, or one with its unit such as $50, 80%, 10MB or 5m",
			})
			continue
		}
		const given = DEFAULTS.find((parameter) => parameter.name === name)
		if (given && literal.quantity !== undefined && literal.quantity !== given.quantity) {
			report(span, {
				id: "unit-mismatch",
				severity: "error",
				message: `the parameter ${name} is in US dollars`,
				expected: "a number of dollars such as 50 or $50",
			})
			continue
		}
		parameters.set(name, {
			name,
			value: literal.value,
			quantity: literal.quantity ?? given?.quantity,
			byDefault: false,
		})
	}
	return parameters
}
