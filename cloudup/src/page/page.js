'use strict';
// The switch between light and dark. Without a choice the system decides, by page.css alone.
{
  const choice = document.getElementById('theme');
  const key = 'cloudup-theme';
  const show = (theme) => {
    if (theme) document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
    choice.value = theme;
  };
  const remember = (theme) => {
    try {
      localStorage.setItem(key, theme);
    } catch {
      // Some browsers keep nothing for files: the choice holds for this visit.
    }
  };
  const remembered = () => {
    try {
      const theme = localStorage.getItem(key);
      return ['light', 'dark'].includes(theme) ? theme : '';
    } catch {
      return '';
    }
  };
  show(remembered());
  choice.closest('label').hidden = false;
  choice.addEventListener('change', () => {
    show(choice.value);
    remember(choice.value);
  });
}
