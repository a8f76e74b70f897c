const CONTEXT = 2
const MAX_CELLS = 4_000_000

/** Lines that differ between two texts, `-` before and `+` after, with a few lines around them. */
export function textDiff(before: string, after: string): string {
	const [a, b] = [before.split("\n"), after.split("\n")]
	let head = 0
	while (head < a.length && head < b.length && a[head] === b[head]) head++
	let tail = 0
	while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++
	const middle = merge(a.slice(head, a.length - tail), b.slice(head, b.length - tail))
	if (middle.length === 0) return ""
	const lines = [
		...a.slice(0, head).map((line) => ` ${line}`),
		...middle,
		...a.slice(a.length - tail).map((line) => ` ${line}`),
	]
	const near = lines.map((_, i) =>
		lines.slice(Math.max(0, i - CONTEXT), i + CONTEXT + 1).some((line) => !line.startsWith(" ")),
	)
	return lines.flatMap((line, i) => (near[i] ? [line] : near[i - 1] ? ["@@"] : [])).join("\n")
}

/** The shortest way from one to the other by their longest common subsequence. */
function merge(a: readonly string[], b: readonly string[]): string[] {
	if (a.length * b.length > MAX_CELLS) return [...a.map((line) => `-${line}`), ...b.map((line) => `+${line}`)]
	const width = b.length + 1
	const common = new Uint32Array((a.length + 1) * width)
	const at = (i: number, j: number) => common[i * width + j] ?? 0
	for (let i = a.length - 1; i >= 0; i--) {
		for (let j = b.length - 1; j >= 0; j--)
			common[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
	}
	const lines: string[] = []
	let [i, j] = [0, 0]
	while (i < a.length || j < b.length) {
		if (i < a.length && j < b.length && a[i] === b[j]) {
			lines.push(` ${a[i++]}`)
			j++
		} else if (i < a.length && (j >= b.length || at(i + 1, j) >= at(i, j + 1))) lines.push(`-${a[i++]}`)
		else lines.push(`+${b[j++]}`)
	}
	return lines
}
