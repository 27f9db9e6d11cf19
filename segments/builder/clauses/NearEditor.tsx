/** Within so many kilometres of a place, given in degrees. */

import { NumberField } from "../fields/basic";
import { Combobox } from "../fields/Combobox";
import { Icon, IconButton } from "../fields/Icon";
import { type Near, without } from "../rule";
import { Kind } from "./Kind";

interface Props {
  value: Near;
  onChange: (value: Near) => void;
  label: string;
}

export function NearEditor({ value, onChange, label }: Props) {
  const [latitude, longitude] = value.properties ?? ["Latitude", "Longitude"];
  const set = (key: "latitude" | "longitude" | "km") => (it: unknown) => onChange({ ...value, [key]: it });
  return (
    <>
      <div className="rb-row">
        <Kind kind="near" text="Is within" />
        <NumberField label={`${label}: kilometres`} wide min={0} max={20040} value={value.km} onChange={set("km")} />
        <span className="rb-word">km of latitude</span>
        <NumberField
          label={`${label}: latitude`}
          wide
          min={-90}
          max={90}
          value={value.latitude}
          onChange={set("latitude")}
        />
        <span className="rb-word">longitude</span>
        <NumberField
          label={`${label}: longitude`}
          wide
          min={-180}
          max={180}
          value={value.longitude}
          onChange={set("longitude")}
        />
      </div>
      {value.properties ? (
        <div className="rb-line">
          <Icon name="pin_drop" />
          <span className="rb-word">by the properties</span>
          <Combobox
            kind="profile_property"
            label={`${label}: property with the latitude`}
            value={latitude}
            onChange={(name) => onChange({ ...value, properties: [name, longitude] })}
          />
          <span className="rb-word">and</span>
          <Combobox
            kind="profile_property"
            label={`${label}: property with the longitude`}
            value={longitude}
            onChange={(name) => onChange({ ...value, properties: [latitude, name] })}
          />
          <IconButton
            icon="close"
            label="Use Latitude and Longitude"
            onClick={() => onChange(without(value, "properties"))}
          />
        </div>
      ) : (
        <div className="rb-more">
          <button type="button" className="rb-plus" onClick={() => onChange({ ...value, properties: ["", ""] })}>
            <Icon name="add" />
            other properties
          </button>
        </div>
      )}
    </>
  );
}
