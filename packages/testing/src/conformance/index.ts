export { type Comparison, compare, type SumOf } from "./compare.ts";
export { type FileCase, type FileDType, type FileTensor, type OperatorFile, readOperatorFile, type Tolerance } from "./format.ts";
export { type ConformanceRun, conformanceRun, conformanceTable } from "./report.ts";
export {
  type Answer,
  type Backend,
  type CaseResult,
  type Context,
  type Operator,
  type Operators,
  runCase,
  runFile,
  Unsupported,
} from "./run.ts";
