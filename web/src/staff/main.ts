/** Boots the staff pages. */

import '$kit/styles/base.css';
import '$kit/styles/controls.css';
import '$kit/styles/board.css';
import './ui/staff.css';
import { mount } from 'svelte';
import { startAnewWhenRestored } from '$kit/restored';
import App from './App.svelte';

startAnewWhenRestored();
const target = document.getElementById('app');
if (target) mount(App, { target });
