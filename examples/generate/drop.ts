/** Files that are dropped on an element, which is of class `over` while they hang above it. */
export function onDrop(zone: HTMLElement, take: (files: readonly File[]) => void): void {
  zone.addEventListener("dragover", (event) => {
    event.preventDefault();
    zone.classList.add("over");
  });
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    take([...event.dataTransfer!.files]);
  });
}
