export * from "../../core/catalogue/boards.ts"
