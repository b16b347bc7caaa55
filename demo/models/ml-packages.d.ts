/**
 * The parts that the demo uses of two packages which bring no types of their own: `ml-cart` (CART decision tree) and
 * `ml-knn` (nearest neighbours by a k-d tree). Classes are small whole numbers, as `ml-cart` needs them.
 */
declare module 'ml-cart' {
  export class DecisionTreeClassifier {
    constructor(options: { readonly maxDepth?: number; readonly minNumSamples?: number });
    train(rows: readonly (readonly number[])[], classes: readonly number[]): void;
    predict(rows: readonly (readonly number[])[]): number[];
  }
}

declare module 'ml-knn' {
  export default class KNN {
    constructor(
      rows: readonly (readonly number[])[],
      classes: readonly number[],
      options: { readonly k?: number },
    );
    predict(rows: readonly (readonly number[])[]): number[];
  }
}
