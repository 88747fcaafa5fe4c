type Texts = Readonly<Record<string, () => Promise<string>>>;

/** Operator files: by path, what gives the text. */
declare module "virtual:conformance" {
  const texts: Texts;
  export default texts;
}

/** Whole models with expected outputs: by name, what gives the text. */
declare module "virtual:models" {
  const texts: Texts;
  export default texts;
}
