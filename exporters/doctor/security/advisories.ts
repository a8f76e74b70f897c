export type Program = "Prometheus" | "Alertmanager" | "PostgreSQL" | "Grafana"

/** A published fault of a program of others. */
export interface Advisory {
	readonly program: Program
	readonly id: string
	/** `[first affected, first fixed]`; an empty second one is not fixed. */
	readonly affected: readonly (readonly [string, string])[]
	/**
	 * What it means here: `high` where it needs no credential of this installation, `medium` where it does, because these
	 * stay in files of the owner.
	 */
	readonly severity: "high" | "medium" | "low"
	readonly what: string
	readonly source: string
}

/** The day on which the table was last compared with its sources. */
export const ADVISORIES_AS_OF = "2026-11-30"

export const ADVISORIES: readonly Advisory[] = [
	{
		program: "Prometheus",
		id: "CVE-2022-46146",
		affected: [
			["2.24.0", "2.37.4"],
			["2.38.0", "2.40.4"],
		],
		severity: "medium",
		what: "a caller that has read the hashed password gets in without the password",
		source: "https://github.com/prometheus/prometheus/security/advisories/GHSA-4v48-4q5m-8vx4",
	},
	{
		program: "Prometheus",
		id: "CVE-2026-40179",
		affected: [
			["3.0.0", "3.5.2"],
			["3.6.0", "3.11.2"],
		],
		severity: "medium",
		what: "a metric's name or label runs a script in the browser of people who look at the graph",
		source: "https://github.com/prometheus/prometheus/security/advisories/GHSA-vffh-x6r8-xx99",
	},
	{
		program: "Prometheus",
		id: "CVE-2026-42154",
		affected: [
			["0.0.0", "3.5.3"],
			["3.6.0", "3.11.3"],
		],
		severity: "medium",
		what: "a small remote-read request, with the password, uses up the memory",
		source: "https://github.com/advisories/GHSA-8rm2-7qqf-34qm",
	},
	{
		program: "Alertmanager",
		id: "CVE-2023-40577",
		affected: [["0.0.0", "0.25.1"]],
		severity: "medium",
		what: "an alert that is posted to /api/v1/alerts, with the password, runs a script in the web interface",
		source: "https://github.com/prometheus/alertmanager/security/advisories/GHSA-v86x-5fm3-5p7j",
	},
	{
		program: "PostgreSQL",
		id: "CVE-2026-14680",
		affected: [
			["14.0", "14.24"],
			["15.0", "15.19"],
			["16.0", "16.15"],
			["17.0", "17.11"],
			["18.0", "18.6"],
		],
		severity: "medium",
		what: "every role that can log in can run programs as the server's user",
		source: "https://www.postgresql.org/support/security/CVE-2026-14680/",
	},
	{
		program: "PostgreSQL",
		id: "CVE-2026-6460",
		affected: [
			["14.0", "14.25"],
			["15.0", "15.20"],
			["16.0", "16.16"],
			["17.0", "17.12"],
			["18.0", "18.7"],
		],
		severity: "medium",
		what: "a role that may create objects can run programs as the server's user",
		source: "https://www.postgresql.org/support/security/CVE-2026-6460/",
	},
	{
		program: "PostgreSQL",
		id: "end of life",
		affected: [["0.0", "15.0"]],
		severity: "medium",
		what: "this major version gets no security fixes any more",
		source: "https://www.postgresql.org/support/versioning/",
	},
	{
		program: "Grafana",
		id: "CVE-2026-27876",
		affected: [
			["11.6.0", "11.6.14"],
			["12.0.0", "12.1.10"],
			["12.2.0", "12.2.8"],
			["12.3.0", "12.3.6"],
			["12.4.0", "12.4.2"],
		],
		severity: "medium",
		what: "people who are signed in can run programs, where the feature sqlExpressions is on",
		source: "https://grafana.com/security/security-advisories/cve-2026-27876/",
	},
	{
		program: "Grafana",
		id: "CVE-2026-76154",
		affected: [
			["12.3.0", "12.4.11"],
			["13.0.0", "13.0.9"],
			["13.1.0", "13.1.6"],
			["13.2.0", "13.2.2"],
		],
		severity: "medium",
		what: "an editor's map panel runs a script in the session of an administrator",
		source: "https://grafana.com/security/security-advisories/cve-2026-76154",
	},
]

/** Programs whose packages get fixes late or never. */
export const UNSUPPORTED: readonly { program: Program; prefix: string; what: string; source: string }[] = [
	{
		program: "Prometheus",
		prefix: "2.42.",
		what: "Debian 12's Prometheus 2.42 gets no security fixes: Debian supports programs written in Go in a limited way",
		source: "https://www.debian.org/releases/bookworm/amd64/release-notes/ch-information.en.html",
	},
	{
		program: "Alertmanager",
		prefix: "0.25.",
		what: "Debian 12's Alertmanager 0.25 gets no security fixes: Debian supports programs written in Go in a limited way",
		source: "https://www.debian.org/releases/bookworm/amd64/release-notes/ch-information.en.html",
	},
]

/** The advisories of the table that apply to a version. */
export const advisoriesFor = (program: Program, version: string): Advisory[] =>
	ADVISORIES.filter(
		(each) =>
			each.program === program &&
			each.affected.some(
				([from, fixed]) => compare(version, from) >= 0 && (fixed === "" || compare(version, fixed) < 0),
			),
	)

/** Compares dotted numbers; what follows them, such as `+ds` or `beta1`, does not count. */
export function compare(a: string, b: string): number {
	const [left, right] = [numbersOf(a), numbersOf(b)]
	for (let i = 0; i < Math.max(left.length, right.length); i++) {
		const difference = (left[i] ?? 0) - (right[i] ?? 0)
		if (difference !== 0) return difference
	}
	return 0
}

const numbersOf = (version: string): number[] => (/^v?(\d+(?:\.\d+)*)/.exec(version)?.[1] ?? "0").split(".").map(Number)
