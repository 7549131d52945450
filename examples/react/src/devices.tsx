import { usePipecatClientMediaDevices } from "@pipecat-ai/client-react";

interface MenuProps {
  readonly label: string;
  readonly devices: readonly MediaDeviceInfo[];
  readonly selected: string | undefined;
  readonly choose: (deviceId: string) => void;
}

function Menu({ label, devices, selected, choose }: MenuProps) {
  return (
    <label>
      {label}
      <select value={selected} onChange={({ target }) => choose(target.value)}>
        {devices.length === 0 && <option>System default</option>}
        {devices.map(({ deviceId, label: name }) => (
          <option key={deviceId} value={deviceId}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

export function Devices() {
  const { availableMics, availableSpeakers, selectedMic, selectedSpeaker, updateMic, updateSpeaker } =
    usePipecatClientMediaDevices();
  return (
    <section className="devices">
      <Menu label="Microphone" devices={availableMics} selected={selectedMic.deviceId} choose={updateMic} />
      <Menu label="Speaker" devices={availableSpeakers} selected={selectedSpeaker.deviceId} choose={updateSpeaker} />
    </section>
  );
}
