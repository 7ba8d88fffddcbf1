import { $, element } from './dom.js';
import { clean, mostBytes } from './files.js';
import { size, text } from './text.js';

const mostTyped = 100000; // characters; more becomes a file

export class Composer {
  #files = [];
  #send;

  constructor(send) {
    this.#send = send;
    const field = $('text');
    field.oninput = () => this.#edited();
    field.onkeydown = (event) => {
      if (event.key === 'Enter' && !event.shiftKey && !event.isComposing && event.keyCode !== 229) this.#submit(event);
    };
    $('compose').onsubmit = (event) => this.#submit(event);
    $('attach').onclick = () => $('chosen').click();
    $('chosen').onchange = () => {
      this.#add($('chosen').files);
      $('chosen').value = '';
    };
    field.onpaste = (event) => {
      const pasted = event.clipboardData.getData('text');
      const files = pasted.length + this.draft.length > mostTyped ? [new File([pasted], 'text.txt')] : event.clipboardData.files;
      if (!files.length) return;
      event.preventDefault();
      this.#add(files);
    };
    document.ondragover = document.ondragleave = document.ondrop = (event) => {
      if (!event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault();
      $('chat').classList.toggle('dropping', event.type === 'dragover');
      if (event.type === 'drop') this.#add(event.dataTransfer.files);
    };
  }

  get draft() { return $('text').value; }
  set draft(typed) {
    $('text').value = typed;
    this.#edited();
  }

  translate() {
    $('attach').title = $('attach').ariaLabel = text.attachUpTo(size(mostBytes));
    this.#show();
  }

  complain(why) { $('complaint').textContent = why; }

  #add(files) {
    this.complain('');
    for (const file of files) {
      const name = clean(file.name) || text.file;
      if (file.size > mostBytes) this.complain(text.tooLarge(name, size(file.size), size(mostBytes)));
      else if (!file.size) this.complain(text.emptyFile(name));
      else this.#files.push(new File([file], name, { type: file.type }));
    }
    this.#show();
    $('text').focus();
  }

  #show() {
    $('files').replaceChildren(...this.#files.map((file) => {
      const remove = element('button', { type: 'button', ariaLabel: text.detach(file.name) }, '×');
      remove.onclick = () => {
        this.#files = this.#files.filter((each) => each !== file);
        this.#show();
        $('text').focus();
      };
      return element('li', {}, element('bdi', 'name', file.name), element('small', {}, size(file.size)), remove);
    }));
  }

  #submit(event) {
    event.preventDefault();
    const typed = this.draft;
    if ($('send').disabled) return;
    if (typed.trim()) this.#send({ text: typed });
    for (const file of this.#files.splice(0)) this.#send({ file });
    this.draft = '';
    this.#show();
  }

  #edited() {
    this.complain('');
    $('text').rows = Math.min(9, this.draft.split('\n').length);
  }
}
