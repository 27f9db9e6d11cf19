/** A chart over time that follows its box and the page's light or dark. Drawn by uPlot (record 23).
 * Fetched when it is needed: `lazy(() => import(…/Chart))` inside a Guard. */

import "uplot/dist/uPlot.min.css";
import { useEffect, useRef } from "react";
import uPlot from "uplot";

export interface Series {
  label: string;
  values: (number | null)[];
  /** Custom property of `.sj` with its colour: “--accent”. */
  colour: string;
  kind?: "line" | "area" | "bars";
}

interface Props {
  /** Instants in seconds since 1970, rising. */
  at: number[];
  series: Series[];
  /** Pixels. */
  height: number;
  /** What it shows, for those who cannot see it. */
  label: string;
}

const HALF_A_DAY = 43200;
const bars = uPlot.paths.bars?.({ size: [0.7, 40] });

export default function Chart({ at, series, height, label }: Props) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const colour = (name: string) => getComputedStyle(element).getPropertyValue(name).trim();
    const soft = (name: string) => `color-mix(in oklab, ${colour(name)} 16%, transparent)`;
    const axis: uPlot.Axis = {
      stroke: () => colour("--subtle"),
      grid: { stroke: () => colour("--line"), width: 1 },
      ticks: { show: false },
      font: `11px ${getComputedStyle(element).fontFamily}`,
    };
    const chart = new uPlot(
      {
        width: element.clientWidth,
        height,
        legend: { show: series.length > 1 },
        cursor: { points: { size: 7 }, drag: { x: false, y: false } },
        scales: {
          x: at.length === 1 ? { range: () => [(at[0] ?? 0) - HALF_A_DAY, (at[0] ?? 0) + HALF_A_DAY] } : {},
          y: { range: (_, low, high) => [Math.min(0, low), high > 0 ? high * 1.1 : 1] },
        },
        axes: [
          { ...axis, space: 64 },
          {
            ...axis,
            size: 46,
            values: (_, ticks) => ticks.map((tick) => (Number.isInteger(tick) ? compact(tick) : "")),
          },
        ],
        series: [
          { value: "{YYYY}-{MM}-{DD} {HH}:{mm}" },
          ...series.map((one) => ({
            label: one.label,
            stroke: () => colour(one.colour),
            fill: one.kind === "line" ? undefined : () => soft(one.colour),
            width: 2,
            paths: one.kind === "bars" ? bars : undefined,
            points: { show: at.length < 20, size: 5 },
          })),
        ],
        plugins: series.length > 1 ? [] : [tip(series[0]?.label ?? "")],
      },
      [at, ...series.map((one) => one.values)],
      element,
    );
    const size = new ResizeObserver(() => chart.setSize({ width: element.clientWidth, height }));
    size.observe(element);
    const theme = new MutationObserver(() => chart.redraw(false));
    theme.observe(document.documentElement, { attributeFilter: ["class"] });
    return () => {
      size.disconnect();
      theme.disconnect();
      chart.destroy();
    };
  }, [at, series, height]);
  return <div ref={box} className="sj-chart" role="img" aria-label={label} style={{ minHeight: height }} />;
}

/** What the pointer is at, beside it. */
function tip(label: string): uPlot.Plugin {
  const element = document.createElement("div");
  element.className = "sj-chart-tip";
  element.hidden = true;
  return {
    hooks: {
      ready: (chart) => chart.over.append(element),
      setCursor: (chart) => {
        const at = chart.cursor.idx;
        const value = at == null ? null : chart.data[1]?.[at];
        element.hidden = value == null || at == null;
        if (at == null || value == null) return;
        const when = new Date((chart.data[0][at] ?? 0) * 1000);
        element.textContent = `${when.toLocaleDateString("en", { day: "numeric", month: "short", year: "numeric" })}: ${value.toLocaleString("en")} ${label}`;
        const left = chart.cursor.left ?? 0;
        element.style.left = `${Math.min(Math.max(left - element.offsetWidth / 2, 0), chart.over.clientWidth - element.offsetWidth)}px`;
      },
    },
  };
}

const compact = (number: number) => Intl.NumberFormat("en", { notation: "compact" }).format(number);
