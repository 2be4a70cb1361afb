// <sl-drop>: files and folders that are dropped or picked, sent as one upload with its progress.

const PARTS = `
  <i class="material-icons" data-icon="cloud_upload" aria-hidden="true"></i>
  <strong class="sl-what">Drop photos or folders here</strong>
  <div class="sl-pick"><button type="button" data-pick="files">Choose files</button>
    <button type="button" data-pick="folder">Choose a folder</button></div>
  <div class="sl-bar" role="progressbar" aria-label="Upload" aria-valuemin="0" aria-valuemax="100" hidden><div style="width:0"></div></div>
  <button type="button" data-cancel hidden>Cancel</button>
  <span class="sl-soft sl-small" role="status"></span>
  <input type="file" multiple hidden aria-hidden="true" tabindex="-1"><input type="file" webkitdirectory hidden aria-hidden="true" tabindex="-1">`;

class Drop extends HTMLElement {
  connectedCallback() {
    this.innerHTML = PARTS;
    const [files, folder] = this.querySelectorAll("input");
    for (const input of [files, folder]) input.addEventListener("change", () => this.#picked(input));
    this.querySelector("[data-pick=files]").addEventListener("click", () => files.click());
    this.querySelector("[data-pick=folder]").addEventListener("click", () => folder.click());
    this.querySelector("[data-cancel]").addEventListener("click", () => this.request?.abort());
    this.addEventListener("dragover", (event) => (event.preventDefault(), this.classList.add("over")));
    this.addEventListener("dragleave", () => this.classList.remove("over"));
    this.addEventListener("drop", (event) => this.#dropped(event));
  }

  /** As at first; a sentence says what came of the last try. */
  ready(sentence = "") {
    this.#show(false, "Drop photos or folders here", sentence);
  }

  /** Send what was chosen; the page has made sure that there is a collection. */
  send() {
    const form = new FormData();
    let octets = 0;
    for (const { file, name } of this.chosen) {
      form.append("files", file, name);
      octets += file.size;
    }
    this.request = new XMLHttpRequest();
    this.request.upload.onprogress = ({ loaded, total }) => this.#at(loaded, total || octets);
    this.request.onload = () => this.#answered();
    this.request.onerror = () => this.ready("The upload broke off; nothing of it was kept.");
    this.request.onabort = () => this.ready("Cancelled; nothing was kept.");
    this.request.open("POST", this.dataset.to);
    this.request.send(form);
  }

  #picked(input) {
    this.#take([...input.files].map((file) => ({ file, name: file.webkitRelativePath || file.name })));
    input.value = "";
  }

  async #dropped(event) {
    event.preventDefault();
    this.classList.remove("over");
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry()).filter(Boolean);
    this.#show(true, "Looking at what was dropped", "");
    this.#take((await Promise.all(entries.map(below))).flat());
  }

  #take(chosen) {
    this.chosen = chosen;
    if (!chosen.length) return this.ready("There are no files in it.");
    this.#show(true, `Sending ${chosen.length.toLocaleString()} ${chosen.length === 1 ? "file" : "files"}`, "");
    emitEvent("dropped");
  }

  #at(sent, total) {
    const percent = Math.round((100 * sent) / Math.max(1, total));
    const bar = this.querySelector(".sl-bar");
    bar.firstChild.style.width = `${percent}%`;
    bar.setAttribute("aria-valuenow", percent);
    this.querySelector("[role=status]").textContent =
      percent < 100 ? `${megabytes(sent)} of ${megabytes(total)} MB` : "All sent; the gateway stores it";
  }

  #answered() {
    if (this.request.status !== 202) return this.ready(this.request.responseText);
    location.assign(this.dataset.jobs + JSON.parse(this.request.responseText).job_id);
  }

  #show(isSending, what, sentence) {
    this.querySelector(".sl-what").textContent = what;
    this.querySelector(".sl-pick").hidden = isSending;
    this.querySelector(".sl-bar").hidden = !isSending;
    this.querySelector("[data-cancel]").hidden = !isSending;
    this.querySelector("[role=status]").textContent = sentence;
  }
}

/** All files of a dropped file or folder. */
async function below(entry) {
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    return [{ file, name: entry.fullPath.replace(/^\//, "") }];
  }
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) break;
    found.push(...some);
  }
  return (await Promise.all(found.map(below))).flat();
}

function megabytes(octets) {
  return (octets / 1e6).toFixed(1);
}

customElements.define("sl-drop", Drop);
