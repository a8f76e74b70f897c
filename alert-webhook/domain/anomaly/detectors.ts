import { SCORE_METHODS, type ScoreMethod } from "../../../core/catalogue/subjects/anomalies.ts"
import type { Detector, Score } from "./detector.ts"
import { iqr } from "./iqr.ts"
import type { Point } from "./point.ts"
import { zscore } from "./zscore.ts"

/** One detector a method; the compiler wants one for each method that the catalogue names. */
const DETECTORS: Readonly<Record<ScoreMethod, Detector>> = { zscore, iqr }

/** What every detector says, by method. */
export const scoreAll = (history: readonly Point[], value: number | undefined): Readonly<Record<ScoreMethod, Score>> =>
	Object.fromEntries(SCORE_METHODS.map((method) => [method, DETECTORS[method].score(history, value)])) as Record<
		ScoreMethod,
		Score
	>
