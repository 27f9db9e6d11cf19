/** The sheet of keyboard shortcuts. */

import { Dialog } from "./Dialog";

export const SHORTCUTS: [string, string][] = [
  ["/", "Search the palette"],
  ["Tab, arrows", "Go from node to node; move the selected one"],
  ["Enter", "Open what is selected"],
  ["C", "Connect the selected node to another one, or to a new one"],
  ["Delete", "Remove what is selected"],
  ["Ctrl+Z, Ctrl+Shift+Z", "Undo, redo"],
  ["Ctrl+C, Ctrl+X, Ctrl+V", "Copy, cut, paste: between journeys too"],
  ["Ctrl+D", "Duplicate; with the mouse, Ctrl or Alt and click"],
  ["Ctrl+A", "Select everything"],
  ["Shift+drag, Shift+click", "Select an area; select one more"],
  ["Ctrl+S", "Save"],
  ["L", "List view"],
  ["A", "Auto align & space"],
  ["F", "Fit everything on the screen"],
  ["M", "Show or hide the map"],
  ["W", "Fill the window, or go back to the page"],
  ["+, −", "Zoom"],
  ["P", "What the checks found"],
  ["?", "This list"],
];

export function Shortcuts({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose}>
      <table className="sj-table">
        <tbody>
          {SHORTCUTS.map(([keys, does]) => (
            <tr key={keys}>
              <td className="nowrap">
                <kbd>{keys}</kbd>
              </td>
              <td>{does}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Dialog>
  );
}
