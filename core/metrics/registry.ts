import { type Metric, Registry } from "prom-client"
import { SERIES } from "../catalogue/index.ts"
import {
	collectorDuration,
	collectorLastSuccess,
	collectorSuccess,
	labelValuesFolded,
	valuesRefused,
} from "../catalogue/subjects/observatory.ts"
import type { Group, LabelSpecs, LabelsOf, SeriesSpec } from "../catalogue/types.ts"
import { type Clock, systemClock } from "../lib/clock.ts"
import { messageOf } from "../lib/errors.ts"
import { type Logger, silentLogger } from "../lib/log.ts"
import { withTimeout } from "../lib/timeout.ts"
import { Causes } from "./causes.ts"
import { type Collector, CollectorLoop, type RunResult } from "./collector.ts"
import { Family, type OnRefuse } from "./family.ts"
import { type Format, OPENMETRICS, TEXT } from "./format.ts"
import { LabelFolder, type Labels, type OnFold } from "./labels.ts"
import type { Runtime, Source } from "./runtime.ts"

export interface CounterInstrument<L extends LabelSpecs> {
	/** Adds `by` (1 when not given, never negative). `by` 0 makes the series exist. */
	inc(labels: LabelsOf<L>, by?: number): void
}
export interface GaugeInstrument<L extends LabelSpecs> {
	set(labels: LabelsOf<L>, value: number): void
	remove(labels: LabelsOf<L>): void
}
export interface HistogramInstrument<L extends LabelSpecs> {
	/** `value` in the series' own unit. */
	observe(labels: LabelsOf<L>, value: number): void
}
export interface MergingHistogram<L extends LabelSpecs> extends HistogramInstrument<L> {
	/** Adds many at once: per bucket of the series, not cumulative, and last those above the highest bound. */
	merge(labels: LabelsOf<L>, counts: readonly number[], sum: number): void
}

/** How an instrument begins. */
export interface InstrumentOptions {
	/** How long a counter or histogram with a new label value is shown at 0 before its first value; not at all by default. */
	readonly zeroHoldMs?: number
}

export interface MetricRegistryOptions {
	readonly clock?: Clock
	readonly log?: Logger
	/** The group that a single `/metrics` shows when a service has only one; its own series go there. */
	readonly ownGroup?: Group
}

/**
 * Everything that a process exposes. Instruments exist only for catalogued series, each of them once, so nothing
 * unknown can be exposed and nothing twice.
 */
export class MetricRegistry {
	readonly #families = new Map<Group, Family[]>()
	readonly #byName = new Map<string, Family[]>()
	readonly #taken = new Set<SeriesSpec>()
	readonly #loops: CollectorLoop[] = []
	readonly #causes = new Causes()
	/** Counts a label value that was folded before it came here. */
	readonly onFold: OnFold
	/** Counts a value that was not used. */
	readonly onRefuse: OnRefuse
	readonly #folder: LabelFolder
	readonly #clock: Clock
	readonly #log: Logger
	readonly #ownGroup: Group
	#runtime: Runtime | undefined
	readonly #own = new Map<Group, Record<"success" | "duration" | "lastSuccess", Family>>()

	constructor({ clock = systemClock, log = silentLogger, ownGroup = "observatory" }: MetricRegistryOptions = {}) {
		this.#clock = clock
		this.#log = log
		this.#ownGroup = ownGroup
		const refused: Family = this.#add(valuesRefused, ownGroup, 0, () => undefined)
		this.#taken.add(valuesRefused)
		this.onRefuse = (series, reason) => refused.increase({ series, reason }, 1)
		const folded = this.#claim(labelValuesFolded)
		this.onFold = (series, label) => folded.increase({ series, label }, 1)
		const onEvict = (series: string, label: string, value: string) => {
			for (const family of this.#byName.get(series) ?? []) family.forget(label, value)
		}
		this.#folder = new LabelFolder(this.onFold, { now: () => clock.now(), onEvict })
	}

	counter<L extends LabelSpecs>(spec: SeriesSpec<L, "counter">, options?: InstrumentOptions): CounterInstrument<L> {
		const family = this.#claim(spec, options)
		family.startAtZero()
		return { inc: (labels, by = 1) => family.increase(this.#folder.fold(spec, labels), by) }
	}

	gauge<L extends LabelSpecs>(spec: SeriesSpec<L, "gauge">): GaugeInstrument<L> {
		const family = this.#claim(spec)
		return {
			set: (labels, value) => family.set(this.#folder.fold(spec, labels), value),
			remove: (labels) => family.remove(this.#folder.fold(spec, labels)),
		}
	}

	histogram<L extends LabelSpecs>(spec: SeriesSpec<L, "histogram">, options?: InstrumentOptions): MergingHistogram<L> {
		const family = this.#claim(spec, options)
		family.startAtZero()
		return {
			observe: (labels, value) => family.observe(this.#folder.fold(spec, labels), value),
			merge: (labels, counts, sum) => family.merge(this.#folder.fold(spec, labels), { counts, sum }),
		}
	}

	/** Adds a collector; it runs from `start()` on. */
	collect(collector: Collector): void {
		const { zeroHoldMs = 0 } = collector
		const families = collector.emits.map((spec) => [spec, this.#claim(spec, { zeroHoldMs })] as const)
		const own = this.#ownGauges(collector.group)
		const labels = { collector: collector.name }
		own.success.set(labels, 0)
		own.lastSuccess.set(labels, 0)
		const publish = ({ succeeded, samples, durationSeconds, finishedAt }: RunResult) => {
			const bySeries = samples && groupBy(samples, ({ series }) => series)
			for (const [spec, family] of families) family.replace(bySeries && (bySeries.get(spec) ?? []), this.#folder)
			own.success.set(labels, succeeded ? 1 : 0)
			own.duration.set(labels, durationSeconds)
			if (succeeded) own.lastSuccess.set(labels, finishedAt / 1000)
		}
		const outage = this.#causes.of(collector.name)
		this.#loops.push(new CollectorLoop(collector, this.#clock, this.#log, publish, outage))
	}

	/** Labels kept inside a series' declaration, counted where they were not. */
	fold(spec: SeriesSpec, labels: Labels): Labels {
		return this.#folder.fold(spec, labels)
	}

	/**
	 * Names values of a label, of any series, that are known to be real, for example from a configuration: where all
	 * places are taken, they get one before others.
	 */
	prefer(label: string, isKnown: (value: string) => boolean): void {
		this.#folder.prefer(label, isKnown)
	}

	start(): void {
		for (const loop of this.#loops) loop.start()
	}

	async stop(): Promise<void> {
		await Promise.all(this.#loops.map((loop) => loop.stop()))
	}

	/** Runs every collector once, for tests and one-shot use. */
	async runOnce(): Promise<void> {
		await Promise.all(this.#loops.map((loop) => loop.runOnce()))
	}

	/** The series of one group or of several. */
	expose(groups: Group | readonly Group[], format: Format = TEXT): Promise<string> {
		return this.#expose([groups].flat(), format)
	}

	/** Every group's series, for a service with a single path. */
	exposeAll(format: Format = TEXT): Promise<string> {
		return this.#expose([...this.#families.keys()], format)
	}

	/** Adds what the process reports about itself, beside the service's own series. */
	addRuntime(runtime: Runtime): void {
		this.#runtime = runtime
	}

	async #expose(groups: readonly Group[], format: Format): Promise<string> {
		const runtime = groups.includes(this.#ownGroup) ? this.#runtime : undefined
		const registry = new Registry<Format>()
		registry.setContentType(format)
		const families: Source[] = groups.flatMap((group) => this.#families.get(group) ?? [])
		families.push(...(runtime?.metrics ?? []))
		for (const same of groupBy(families, ({ name }) => name).values())
			registry.registerMetric(metric(same, format) as unknown as Metric)
		// Of nothing prom-client makes an empty line.
		if (families.length === 0) return format === OPENMETRICS ? EOF : ""
		const [text, more] = await Promise.all([registry.metrics(), runtime ? this.#inTime(runtime) : ""])
		return format === OPENMETRICS ? `${text.slice(0, -EOF.length)}${more}${EOF}` : text + more
	}

	/** Text that fails or hangs is left out; a scrape has a deadline of its own. */
	async #inTime(runtime: Runtime): Promise<string> {
		try {
			return await withTimeout({ ms: PART_TIMEOUT_MS, message: "OpenTelemetry's instruments hang" }, () =>
				runtime.expose(),
			)
		} catch (error) {
			this.#log.error({ error: messageOf(error) }, "a part of the exposition is missing")
			return ""
		}
	}

	#claim(spec: SeriesSpec, { zeroHoldMs = 0 }: InstrumentOptions = {}): Family {
		if (!SERIES.includes(spec)) throw new TypeError(`${spec.name} is not in the catalogue`)
		if (this.#taken.has(spec)) throw new TypeError(`${spec.name} is emitted twice`)
		this.#taken.add(spec)
		return this.#add(spec, spec.group === "observatory" ? this.#ownGroup : spec.group, zeroHoldMs)
	}

	#add(spec: SeriesSpec, group: Group, zeroHoldMs = 0, onRefuse: OnRefuse = this.onRefuse): Family {
		const family = new Family(spec, this.#clock, onRefuse, zeroHoldMs)
		append(this.#families, group, family)
		append(this.#byName, spec.name, family)
		return family
	}

	/** The collectors' own state is shown beside their series, hence once a group. */
	#ownGauges(group: Group) {
		const existing = this.#own.get(group)
		if (existing) return existing
		const made = {
			success: this.#add(collectorSuccess, group),
			duration: this.#add(collectorDuration, group),
			lastSuccess: this.#add(collectorLastSuccess, group),
		}
		this.#own.set(group, made)
		return made
	}
}

const PART_TIMEOUT_MS = 2_000
/** How OpenMetrics ends. */
const EOF = "# EOF\n"

/**
 * What prom-client is given: families of one name as one. It cuts `_total` off a counter's name for OpenMetrics, and
 * adds it to each sample, hence not the family itself, which the text format names next.
 */
function metric([first, ...others]: readonly Source[], format: Format) {
	if (first === undefined) throw new TypeError("a metric needs a family")
	const name = format === OPENMETRICS && first.type === "counter" ? first.name.replace(/_total$/, "") : first.name
	return {
		name,
		type: first.type,
		async get() {
			const all = await Promise.all([first, ...others].map((family) => family.get()))
			return { ...all[0], name, values: all.flatMap(({ values }) => values) }
		},
	}
}

function append<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
	const list = lists.get(key)
	if (list) list.push(value)
	else lists.set(key, [value])
}

function groupBy<T, K>(items: readonly T[], keyOf: (item: T) => K): ReadonlyMap<K, readonly T[]> {
	const groups = new Map<K, T[]>()
	for (const item of items) {
		append(groups, keyOf(item), item)
	}
	return groups
}
