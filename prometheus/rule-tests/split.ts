/** What of a rule file matters here; everything else stays as it is. */
export interface Rules {
	readonly groups: readonly {
		readonly name: string
		readonly rules: readonly { readonly alert?: string; readonly record?: string }[]
	}[]
}

/** What of a file of rule tests matters here; everything else stays as it is. */
export interface RuleTests {
	readonly tests: readonly { readonly promql_expr_test?: readonly { readonly expr: string }[] }[]
}

/** Tests, and the alerts that they ask for. */
interface Share<T extends RuleTests> {
	/** None: they need all rules. */
	readonly alerts: readonly string[]
	readonly tests: T
}

/**
 * Splits tests by the alerts that they ask for. promtool evaluates each rule at each step of each test, so a test of one
 * alert takes less time beside that alert alone; alerts do not read each other.
 */
export function splitTests<T extends RuleTests>(file: T): Share<T>[] {
	const shares = new Map<string, T["tests"][number][]>()
	for (const test of file.tests) {
		const key = JSON.stringify(alertsIn(test))
		const share = shares.get(key)
		if (share) share.push(test)
		else shares.set(key, [test])
	}
	return [...shares].map(([key, tests]) => ({ alerts: JSON.parse(key) as string[], tests: { ...file, tests } }))
}

/** The names that all expressions of a test select by; none when one of them selects by none. */
function alertsIn({ promql_expr_test = [] }: RuleTests["tests"][number]): string[] {
	const names = promql_expr_test.map(({ expr }) =>
		[...expr.matchAll(/\balertname=~?"([\w|]+)"/g)].flatMap(([, list = ""]) => list.split("|")),
	)
	if (names.length === 0 || names.some((own) => own.length === 0)) return []
	return [...new Set(names.flat())].sort()
}

/** The rules without alerts that have other names. */
export const onlyAlerts = <R extends Rules>(file: R, names: readonly string[]): R => ({
	...file,
	groups: file.groups
		.map((group) => ({
			...group,
			rules: group.rules.filter(({ alert }) => alert === undefined || names.includes(alert)),
		}))
		.filter(({ rules }) => rules.length > 0),
})
