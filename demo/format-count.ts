/** A number of things for people: `1,234`. */
export function formatCount(number: number): string {
  return number.toLocaleString('en');
}
