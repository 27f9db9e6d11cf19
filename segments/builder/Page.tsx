/** The page of a saved segment. */
export default function Page() {
  return <p>The builder.</p>;
}
