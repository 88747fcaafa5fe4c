/** What the configuration hands to tests, in Node and in the browser alike: `inject("low")`. */
declare module "vitest" {
  interface ProvidedContext {
    /** This lane masks its devices to the low profile. */
    low: boolean;
    lane: "node" | "chrome";
    /** No budget leaves anything out. */
    whole: boolean;
    /** Which trials of subgroups this lane makes: those alone, all others, or ("any") it does not matter. */
    subgroups: "alone" | "none" | "any";
  }
}

export {};
